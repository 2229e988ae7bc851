# SPDX-License-Identifier: MIT
# fish completion for butter, and for its applets by their own names: asks the binary what there is.

function __butter_words
	set -l words (commandline -opc)
	set -l butter $words[1]
	set -l applet (string replace -r '^(.*/)?(butter-)?' '' -- $words[1])
	if test $applet != butter
		set butter butter
	else if set -q words[2]; and not string match -q -- '-*' $words[2]
		set applet $words[2]
	end
	# After -- there are no options, but operands or a command with its own.
	test $applet != butter; and contains -- -- $words; and return
	# What an option takes is certain words, of some.
	set -l word (commandline -ct)
	set -l before $words[-1]
	set -l typed ''
	if string match -q -- '--*=*' $word
		set before (string replace -r '=.*' '' -- $word)
		set typed $before=
	end
	set -l known
	if string match -q -- '-*' $before
		set known ($butter --options $applet 2>/dev/null |
			awk -F '\t' -v option=$before -v joined=$typed '$1 == option && (joined || $2 !~ /^\[/) { print $4 }')
	end
	if test -n "$known"
		string match -q '*,*' -- $known; and set typed (string replace -r '[^,=]*$' '' -- $word)
		string replace -r '^' -- $typed (string split , -- (string replace -a '|' , -- $known))
	else if string match -q -- '-*' $word
		$butter --options $applet 2>/dev/null | string replace -r '^([^\t]*)\t[^\t]*\t([^\t]*).*' '$1'\t'$2'
	else if test $applet = butter -a $before != --install; or test $applet = help -a (count $words) = 2
		$butter --list-long 2>/dev/null
	end
end

# No files where an applet's name is wanted.
complete -c butter -n '__fish_use_subcommand; and not contains -- --install (commandline -opc)' -f
complete -c butter -a '(__butter_words)'
# Also the applets that PATH finds as links to butter.
for name in (butter --list 2>/dev/null)
	test (realpath (command -s $name; or echo /)) = (realpath (command -s butter)); and complete -c $name -a '(__butter_words)'
end

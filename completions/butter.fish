# SPDX-License-Identifier: MIT
# fish completion for butter, and for its applets by their own names: asks the binary what there is.

function __butter_words
	set -l words (commandline -opc)
	set -l butter $words[1]
	set -l applet (string replace -r '^(.*/)?(butter-)?' '' -- $words[1])
	if test $applet != butter
		set butter butter
	else if set -q words[2]
		set applet $words[2]
	end
	if string match -q -- '-*' (commandline -ct)
		$butter --options $applet 2>/dev/null | string replace -r '\t.*\t' \t
	else if test $applet = butter
		$butter --list-long 2>/dev/null
	end
end

# No files where an applet's name is wanted.
complete -c butter -n __fish_use_subcommand -f
complete -c butter -a '(__butter_words)'
# Also the applets that PATH finds as links to butter.
for name in (butter --list 2>/dev/null)
	test (realpath (command -s $name; or echo /)) = (realpath (command -s butter)); and complete -c $name -a '(__butter_words)'
end

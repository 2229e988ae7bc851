/* SPDX-License-Identifier: MIT */
#include "mounts/vocabulary.h"

#include <linux/mount.h>
#include <string.h>

enum { UNTRUSTED = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

static const struct vocabulary_word table[] = {
	{ "ro", WORD_ACCESS, false, MOUNT_ATTR_RDONLY },
	{ "rw", WORD_ACCESS, true, MOUNT_ATTR_RDONLY },
	{ "rro", WORD_BELOW, false, MOUNT_ATTR_RDONLY },
	{ "suid", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOSUID },
	{ "nosuid", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOSUID },
	{ "dev", WORD_ATTRIBUTE, true, MOUNT_ATTR_NODEV },
	{ "nodev", WORD_ATTRIBUTE, false, MOUNT_ATTR_NODEV },
	{ "exec", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOEXEC },
	{ "noexec", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOEXEC },
	{ "diratime", WORD_ATTRIBUTE, true, MOUNT_ATTR_NODIRATIME },
	{ "nodiratime", WORD_ATTRIBUTE, false, MOUNT_ATTR_NODIRATIME },
	{ "symfollow", WORD_ATTRIBUTE, true, MOUNT_ATTR_NOSYMFOLLOW },
	{ "nosymfollow", WORD_ATTRIBUTE, false, MOUNT_ATTR_NOSYMFOLLOW },
	{ "noatime", WORD_ATIME, false, MOUNT_ATTR_NOATIME },
	{ "strictatime", WORD_ATIME, false, MOUNT_ATTR_STRICTATIME },
	{ "relatime", WORD_ATIME, false, MOUNT_ATTR_RELATIME },
	/* These say which it is not to be: it is what the kernel takes by itself. */
	{ "atime", WORD_ATIME, false, MOUNT_ATTR_RELATIME },
	{ "norelatime", WORD_ATIME, false, MOUNT_ATTR_RELATIME },
	{ "nostrictatime", WORD_ATIME, false, MOUNT_ATTR_RELATIME },
	{ "sync", WORD_FLAG, false, MS_SYNCHRONOUS },
	{ "async", WORD_FLAG, true, MS_SYNCHRONOUS },
	{ "dirsync", WORD_FLAG, false, MS_DIRSYNC },
	{ "lazytime", WORD_FLAG, false, MS_LAZYTIME },
	{ "nolazytime", WORD_FLAG, true, MS_LAZYTIME },
	{ "mand", WORD_FLAG, false, MS_MANDLOCK },
	{ "nomand", WORD_FLAG, true, MS_MANDLOCK },
	{ "silent", WORD_FLAG, false, MS_SILENT },
	{ "loud", WORD_FLAG, true, MS_SILENT },
	{ "iversion", WORD_FLAG, false, MS_I_VERSION },
	{ "noiversion", WORD_FLAG, true, MS_I_VERSION },
	{ "bind", WORD_BIND, false, 0 },
	{ "rbind", WORD_BIND, false, MS_REC },
	{ "move", WORD_MOVE, false, 0 },
	{ "remount", WORD_REMOUNT, false, 0 },
	{ "shared", WORD_PROPAGATION, false, MS_SHARED },
	{ "rshared", WORD_PROPAGATION, false, MS_SHARED | MS_REC },
	{ "slave", WORD_PROPAGATION, false, MS_SLAVE },
	{ "rslave", WORD_PROPAGATION, false, MS_SLAVE | MS_REC },
	{ "private", WORD_PROPAGATION, false, MS_PRIVATE },
	{ "rprivate", WORD_PROPAGATION, false, MS_PRIVATE | MS_REC },
	{ "unbindable", WORD_PROPAGATION, false, MS_UNBINDABLE },
	{ "runbindable", WORD_PROPAGATION, false, MS_UNBINDABLE | MS_REC },
	{ "user", WORD_USER, false, UNTRUSTED | MOUNT_ATTR_NOEXEC },
	{ "users", WORD_USER, false, UNTRUSTED | MOUNT_ATTR_NOEXEC },
	{ "owner", WORD_USER, false, UNTRUSTED },
	{ "group", WORD_USER, false, UNTRUSTED },
	{ "nouser", WORD_USER, true, 0 },
	{ "nousers", WORD_USER, true, 0 },
	{ "noowner", WORD_USER, true, 0 },
	{ "nogroup", WORD_USER, true, 0 },
	{ "auto", WORD_NO_AUTO, true, 0 },
	{ "noauto", WORD_NO_AUTO, false, 0 },
	{ "nofail", WORD_NO_FAIL, false, 0 },
	{ "fail", WORD_NO_FAIL, true, 0 },
	{ "_netdev", WORD_NETDEV, false, 0 },
	{ "defaults", WORD_NOTHING, false, 0 },
	{ "comment", WORD_NOTHING, false, 0 },
	{ "uhelper", WORD_NOTHING, false, 0 },
	{ "helper", WORD_NOTHING, false, 0 },
	{ "encryption", WORD_REFUSED, false, 0 },
};

const struct vocabulary_word *
vocabulary_find(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strlen(table[i].name) == length && !strncmp(text, table[i].name, length))
			return &table[i];
	return NULL;
}

bool
vocabulary_takes_value(enum vocabulary_kind kind)
{
	switch (kind) {
	case WORD_ACCESS:
	case WORD_ATTRIBUTE:
	case WORD_ATIME:
	case WORD_USER:
	case WORD_NOTHING:
	case WORD_REFUSED:
		return true;
	default:
		return false;
	}
}

const char *
vocabulary_flag(uint64_t bits)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].kind == WORD_FLAG && !table[i].off && table[i].bits & bits)
			return table[i].name;
	return NULL;
}

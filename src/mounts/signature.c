/* SPDX-License-Identifier: MIT */
#include "mounts/signature.h"

#include <errno.h>
#include <string.h>

const char *
signature_advice(const char *type)
{
	static const char *const advice[][2] = {
		{ "crypto_LUKS", "cryptsetup open" },
		{ "LVM2_member", "vgchange -ay" },
		{ "linux_raid_member", "mdadm --assemble" },
		{ "swap", "swapon" },
		{ "BitLocker", "cryptsetup open --type bitlk" },
		{ "bcache", "bcache register" },
		{ "zfs_member", "zpool import" },
	};

	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (!strcmp(type, advice[i][0]))
			return advice[i][1];
	return NULL;
}

#ifdef BUTTER_BLKID

#include <blkid.h>

bool
signature_is_known(void)
{
	return true;
}

bool
signature_is_on_disks(const char *type)
{
	return blkid_known_fstype(type);
}

/* What PROBE calls NAME, or "". */
static void
take(blkid_probe probe, const char *name, char *text, size_t room)
{
	const char *value;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) < 0)
		value = "";
	strlcpy(text, value, room);
}

/* The names of all that is there, in a row. */
static void
take_all(blkid_probe probe, char *types, size_t room)
{
	char type[64];

	types[0] = '\0';
	blkid_reset_probe(probe);
	while (blkid_do_probe(probe) == 0) {
		take(probe, "TYPE", type, sizeof(type));
		if (!*type)
			continue;
		if (*types)
			strlcat(types, ", ", room);
		strlcat(types, type, room);
	}
}

/* Superblocks first; only where there is none, a table of partitions. */
static int
look(blkid_probe probe, struct signature *signature)
{
	char usage[32];
	int result;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE
							 | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
	result = blkid_do_safeprobe(probe);
	if (result == 0) {
		take(probe, "TYPE", signature->type, sizeof(signature->type));
		take(probe, "USAGE", usage, sizeof(usage));
		take(probe, "LABEL", signature->label, sizeof(signature->label));
		take(probe, "UUID", signature->uuid, sizeof(signature->uuid));
		signature->is_file_system = !strcmp(usage, "filesystem");
		return SIGNATURE_ONE;
	}
	if (result == -2) {
		take_all(probe, signature->type, sizeof(signature->type));
		return SIGNATURE_MANY;
	}
	if (result < 0)
		return -1;
	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	if (blkid_do_safeprobe(probe) != 0)
		return SIGNATURE_NOTHING;
	take(probe, "PTTYPE", signature->type, sizeof(signature->type));
	return SIGNATURE_PARTITIONS;
}

int
signature_read(int fd, uint64_t offset, uint64_t size, struct signature *signature)
{
	blkid_probe probe = blkid_new_probe();
	int result = -1, error;

	*signature = (struct signature){ 0 };
	errno = ENOMEM;
	if (!probe)
		return -1;
	errno = EINVAL;
	if (offset <= INT64_MAX && size <= INT64_MAX
	    && blkid_probe_set_device(probe, fd, (blkid_loff_t)offset, (blkid_loff_t)size) == 0) {
		errno = EIO;
		result = look(probe, signature);
	}
	error = errno;
	blkid_free_probe(probe);
	errno = error;
	return result;
}

int
signature_partition(int fd, struct signature *signature)
{
	blkid_probe probe = blkid_new_probe();
	int result = -1, error;

	*signature = (struct signature){ 0 };
	errno = ENOMEM;
	if (!probe)
		return -1;
	errno = EINVAL;
	if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(probe, 0);
		blkid_probe_enable_partitions(probe, 1);
		blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
		errno = EIO;
		result = blkid_do_fullprobe(probe) < 0 ? -1 : 0;
		take(probe, "PART_ENTRY_NAME", signature->label, sizeof(signature->label));
		take(probe, "PART_ENTRY_UUID", signature->uuid, sizeof(signature->uuid));
	}
	error = errno;
	blkid_free_probe(probe);
	errno = error;
	return result;
}

#else

#include "mounts/types.h"

bool
signature_is_known(void)
{
	return false;
}

bool
signature_is_on_disks(const char *type)
{
	return types_is_on_disks(type);
}

int
signature_read(int fd, uint64_t offset, uint64_t size, struct signature *signature)
{
	(void)fd, (void)offset, (void)size, (void)signature;
	errno = ENOSYS;
	return -1;
}

int
signature_partition(int fd, struct signature *signature)
{
	(void)fd, (void)signature;
	errno = ENOSYS;
	return -1;
}

#endif

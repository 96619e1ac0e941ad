/* source.c - text files that the target's code objects name
 *
 * The names come from the target and may say /etc/shadow, while we may be root
 * and it is not. So a file is opened as the target would open it: inside its
 * root, with its user, group and groups, and of its capabilities with those
 * that open files; the others are put down, since /proc and /sys ask for them.
 * Credentials belong to a thread: one is made for each file, puts them down
 * for good, reads and ends. Who the target is is remembered, as it may end
 * before it is asked for. Built for a person who looks at one function.
 */
#include "cprof/target.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

struct reading {
	const struct source *source;
	const char *path;
	size_t limit;
	struct buf *out;
	struct timespec changed; /* when the file was, last */
	int err;
};

/* ---- who the target is ------------------------------------------------- */

static uint64_t capability(int bit)
{
	return 1ull << bit;
}

/* "\nKey:\treal\teffective\tsaved\tfile system" */
static int parse_id(const char *status, const char *key, uint32_t *id)
{
	const char *line = strstr(status, key);
	unsigned int ids[4];

	if (!line || sscanf(line + strlen(key), "%u %u %u %u", &ids[0], &ids[1],
			    &ids[2], &ids[3]) != 4)
		return ERR_GARBAGE;
	*id = ids[3];
	return 0;
}

/* "\nGroups:\t4 24 27 \n" */
static int parse_groups(struct source *s, const char *status)
{
	const char *at = strstr(status, "\nGroups:");
	uint32_t *place;
	char *end;

	if (!at)
		return ERR_GARBAGE;
	s->groups.count = 0;
	at += strlen("\nGroups:");
	for (at += strspn(at, " \t"); *at >= '0' && *at <= '9'; at = end) {
		place = vec_push(&s->groups);
		if (!place)
			return ERR_NOMEM;
		*place = (uint32_t)strtoul(at, &end, 10);
		end += strspn(end, " \t");
	}
	return *at == '\n' ? 0 : ERR_GARBAGE;
}

static int parse_status(struct source *s, const char *status)
{
	const char *caps = strstr(status, "\nCapEff:");
	int err = parse_id(status, "\nUid:", &s->user);

	if (!err)
		err = parse_id(status, "\nGid:", &s->group);
	if (!err)
		err = parse_groups(s, status);
	if (!err && !caps)
		err = ERR_GARBAGE;
	if (!err)
		s->capabilities =
			strtoull(caps + strlen("\nCapEff:"), NULL, 16) &
			(capability(CAP_DAC_OVERRIDE) |
			 capability(CAP_DAC_READ_SEARCH));
	return err;
}

/* It may have given up its rights meanwhile. */
static int look_again(struct source *s)
{
	char status[STATUS_SIZE];
	ssize_t got =
		proc_read(s->target.proc, "status", status, sizeof(status));

	return got < 0 ? (int)got : parse_status(s, status);
}

int source_open(struct source *s, pid_t pid)
{
	int err;

	*s = (struct source){ 0 };
	err = target_open(&s->target, pid);
	if (err)
		return err;
	err = look_again(s);
	if (err)
		source_close(s);
	return err;
}

void source_close(struct source *s)
{
	target_close(&s->target);
	vec_release(&s->groups);
}

/* ---- as the target ----------------------------------------------------- */

static bool has_its_groups(const struct source *s)
{
	gid_t *own = calloc(s->groups.count + 1ul, sizeof(*own));
	int count = own ? getgroups((int)s->groups.count + 1, own) : -1;
	bool same = count == (int)s->groups.count;

	for (int i = 0; same && i < count; i++)
		same = own[i] == s->groups.items[i];

	free(own);
	return same;
}

/* Own capabilities without those that the target has not. */
static int lower_capabilities(uint64_t most)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return ERR_PERM;
	caps[0].effective = caps[0].permitted & (uint32_t)most;
	caps[1].effective = 0;
	return syscall(SYS_capset, &head, caps) ? ERR_PERM : 0;
}

/* For this thread only, which glibc's setgroups() and its like are not. */
static int become(const struct source *s)
{
	if (!has_its_groups(s) &&
	    syscall(SYS_setgroups, s->groups.count, s->groups.items))
		return ERR_PERM;
	setfsgid(s->group);
	setfsuid(s->user);
	if (setfsgid((gid_t)-1) != (int)s->group ||
	    setfsuid((uid_t)-1) != (int)s->user)
		return ERR_PERM;
	return lower_capabilities(s->capabilities);
}

/* A file with a lease on it makes an open wait that does not say otherwise. */
static int open_text(const struct source *s, const char *path, struct stat *st)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int place = s->target.root < 0 ? -1 :
					 syscall(SYS_openat2, s->target.root,
						 path, &how, sizeof(how));
	char link[64];
	int fd = -1;

	if (place < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	if (!fstat(place, st) && S_ISREG(st->st_mode))
		fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	close(place);
	return fd;
}

/* Not beyond the size: what has none, as in /proc, is no source text. */
static int read_text(int fd, size_t size, struct buf *out)
{
	char piece[16384];
	size_t at = 0;
	ssize_t got;

	while (at < size) {
		got = pread(fd, piece, MIN(sizeof(piece), size - at),
			    (off_t)at);
		if (got < 0)
			return ERR_IO;
		if (got == 0)
			break;
		buf_add(out, piece, (size_t)got);
		at += (size_t)got;
	}
	return out->failed ? ERR_NOMEM : 0;
}

static int read_file(struct reading *r)
{
	struct stat st;
	int fd = open_text(r->source, r->path, &st), err;

	if (fd < 0)
		return ERR_NOT_FOUND;
	r->changed = st.st_mtim;
	if (st.st_size > 0 && (uint64_t)st.st_size > r->limit)
		err = ERR_FULL;
	else
		err = read_text(fd, (size_t)st.st_size, r->out);
	close(fd);
	return err;
}

static void *read_as_target(void *arg)
{
	struct reading *r = arg;

	r->err = become(r->source);
	if (!r->err)
		r->err = read_file(r);
	return NULL;
}

/* ---- reading ----------------------------------------------------------- */

/* Later than the tick of the clock in which the target began. */
static bool is_newer(const struct source *s, const struct timespec *changed)
{
	uint64_t tick_ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec boot;
	uint64_t age_ns, file_ns;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	age_ns = (uint64_t)boot.tv_sec * NSEC_PER_SEC + (uint64_t)boot.tv_nsec -
		 s->target.start_time * tick_ns;
	file_ns = (uint64_t)changed->tv_sec * NSEC_PER_SEC +
		  (uint64_t)changed->tv_nsec;
	return file_ns > clock_wall() - age_ns + tick_ns;
}

int source_read(struct source *s, const char *path, size_t limit,
		struct buf *out, bool *newer)
{
	struct reading r = { s, path, limit, out, { 0 }, 0 };
	int err = path[0] == '/' ? look_again(s) : ERR_NOT_FOUND;
	pthread_t thread;

	if (err && err != ERR_NOPROC) /* ended: it is who it was */
		return err;
	if (pthread_create(&thread, NULL, read_as_target, &r))
		return ERR_NOMEM;
	pthread_join(thread, NULL);
	*newer = !r.err && is_newer(s, &r.changed);
	return r.err;
}

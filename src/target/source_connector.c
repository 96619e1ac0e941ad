/* source_connector.c - forks and execs from the kernel's process connector
 *
 * One datagram for each event of the machine. Needs CAP_NET_ADMIN in the first
 * user and PID namespace: the second choice, where perf is closed.
 */
#include "family.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACK_MS = 100, BUFFER_BYTES = 1 << 20 };

struct connector {
	struct notice_source source;
	int fd;
};

static bool listen_to(int fd)
{
	struct {
		struct nlmsghdr head;
		struct cn_msg cn;
		uint32_t op;
	} __attribute__((packed)) m = {
		.head = { .nlmsg_len = sizeof(m),
			  .nlmsg_type = NLMSG_DONE,
			  .nlmsg_pid = (uint32_t)getpid() },
		.cn = { .id = { .idx = CN_IDX_PROC, .val = CN_VAL_PROC },
			.len = sizeof(uint32_t) },
		.op = PROC_CN_MCAST_LISTEN,
	};

	return send(fd, &m, sizeof(m), 0) == sizeof(m);
}

static bool take_event(const struct proc_event *e, struct seen *out)
{
	*out = (struct seen){ .time_ns = e->timestamp_ns };
	if (e->what == PROC_EVENT_FORK &&
	    e->event_data.fork.child_pid == e->event_data.fork.child_tgid) {
		out->notice.kind = NOTICE_FORK;
		out->notice.pid = e->event_data.fork.child_tgid;
		out->notice.parent = e->event_data.fork.parent_tgid;
		return true;
	}
	out->notice.kind = NOTICE_EXEC;
	out->notice.pid = e->event_data.exec.process_tgid;
	return e->what == PROC_EVENT_EXEC;
}

static int take(struct notice_source *s, seen_list *out)
{
	const struct connector *c = (struct connector *)s;
	char data[1024] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (const void *)data;
	const struct cn_msg *cn = NLMSG_DATA(head);
	struct proc_event event;
	struct seen seen, *place;
	ssize_t got;

	while ((got = recv(c->fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		if ((size_t)got < NLMSG_HDRLEN + sizeof(*cn) + sizeof(event))
			continue;
		memcpy(&event, cn->data, sizeof(event));
		if (!take_event(&event, &seen))
			continue;
		place = vec_push(out);
		if (!place)
			return ERR_NOMEM;
		*place = seen;
	}
	return got < 0 && errno == ENOBUFS ? ERR_LOST : 0;
}

static void release(struct notice_source *s)
{
	struct connector *c = (struct connector *)s;

	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* In another PID namespace nothing is ever said, not even that it listens. */
static bool is_answered(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ACK_MS) > 0;
}

struct notice_source *source_connector(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK,
				  .nl_groups = CN_IDX_PROC };
	struct connector *c = calloc(1, sizeof(*c));
	int size = BUFFER_BYTES;

	if (!c)
		return NULL;
	c->source = (struct notice_source){
		.name = "the process connector",
		.take = take,
		.free = release,
	};
	c->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
		       NETLINK_CONNECTOR);
	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
			   sizeof(size));
	if (c->fd >= 0 && !bind(c->fd, (struct sockaddr *)&to, sizeof(to)) &&
	    listen_to(c->fd) && is_answered(c->fd))
		return &c->source;
	release(&c->source);
	return NULL;
}

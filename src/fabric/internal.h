/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * internal.h -- what the files of this module share; nobody else includes it
 */
#ifndef RPMEM_FABRIC_INTERNAL_H
#define RPMEM_FABRIC_INTERNAL_H

#include "fabric/fabric.h"

#include <stdatomic.h>
#include <sys/types.h>

#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_eq.h>

#include "base/mutex.h"

/* the API we speak; a newer one would be refused by an older library */
#define FAB_API FI_VERSION(1, 17)
#define SLOT_ALIGN 64u
#define PEER_TEXT_MAX 64
/* private data that a provider may hand over (verbs pads to 196) */
#define EQ_DATA_MAX 512

/* load.c: the functions of libfabric that are not inline */
struct fab_lib {
	int (*getinfo)(uint32_t version, const char *node, const char *service,
		uint64_t flags, const struct fi_info *hints,
		struct fi_info **info);
	void (*freeinfo)(struct fi_info *info);
	struct fi_info *(*dupinfo)(const struct fi_info *info);
	int (*fabric)(struct fi_fabric_attr *attr, struct fid_fabric **fabric,
		void *context);
	const char *(*strerror)(int err);
	uint32_t (*version)(void);
};

/* the loaded library; all NULL before fabric_load has returned 0 */
const struct fab_lib *fab_lib(void);

/* ferr.c: libfabric's code of either sign -> negative errno, never 0 */
int ferr_errno(ssize_t code);

/* a code that ended a connection -> what every later call returns */
int ferr_death(ssize_t code);

/* err_set with ": reason" behind it; returns ferr_errno(code) */
int ferr_set(ssize_t code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* info.c: a fid_fabric that a listener and its connections share */
struct fab {
	atomic_uint refs;
	struct fid_fabric *fid;
};

NODISCARD int fab_open(struct fi_info *info, struct fab **fab_out);
struct fab *fab_get(struct fab *fab);
void fab_put(struct fab *fab);

/* hints for any provider (NULL) or one of them; NULL: no memory */
struct fi_info *info_hints(const char *provider);
void info_freep(struct fi_info **info);

/* what a provider offers to connect to, or (FI_SOURCE) to listen on, addr */
NODISCARD int info_for(const char *provider, const struct sockaddr *addr,
	uint64_t flags, struct fi_info **info_out);

/* "192.0.2.1:7636", "[fe80::1]:7636", or "?" */
void addr_text(const struct sockaddr *addr, char text[PEER_TEXT_MAX]);

/* eq.c: an event queue and the descriptor that wakes its reader */
union eq_event {
	struct fi_eq_cm_entry cm;
	uint8_t room[sizeof(struct fi_eq_cm_entry) + EQ_DATA_MAX];
};

NODISCARD int eq_open(struct fab *fab, struct fid_eq **eq_out, int *fd_out);

/* bytes of the next event; 0: none; else the negative errno it brought */
ssize_t eq_take(struct fid_eq *eq, uint32_t *type_out, union eq_event *ev);

/* sleep until there may be an event, at most until the deadline */
void eq_sleep(struct fab *fab, struct fid_eq *eq, int fd, uint64_t deadline);

/* libfabric's per-operation memory; its place in conn.ops tells the slot */
struct op {
	struct fi_context2 context;
};

/* in build order; rings.c takes it down in the reverse */
struct conn {
	struct mutex lock; /* around every fid below and the fields marked L */
	atomic_int error;  /* 0, then the first error for ever */
	atomic_bool woken; /* conn_wake since the last sleep */
	int wake_fd;	   /* eventfd */
	uint32_t nsend;
	uint32_t nrecv;
	uint32_t slot_size;
	uint32_t spin_us;
	size_t stride;	  /* slot_size, aligned */
	uint8_t *slots;	  /* nsend + nrecv of them, one mapping */
	struct op *ops;	  /* one per slot, same order */
	int *free_slots;  /* L: stack of free send slots */
	uint32_t nfree;	  /* L */
	uint32_t nposted; /* L: operations that have not completed */
	struct fi_info *info;
	struct fab *fab;
	struct fid_pep *pep; /* borrowed; has to reject info->handle as long
			      * as no endpoint took it over; else NULL */
	struct fid_domain *domain;
	struct fid_mr *mr; /* local access only; NULL: not asked for */
	void *desc;	   /* of mr */
	struct fid_eq *eq;
	int eq_fd; /* borrowed from eq */
	struct fid_cq *cq;
	int cq_fd; /* borrowed from cq */
	struct fid_ep *ep;
	bool up;	/* was connected */
	bool eq_due;	/* of the thread in conn_poll: eq may have news */
	bool eq_armed;	/* ditto: fi_trywait let us sleep on it, unread since */
	uint64_t eq_at; /* ns, ditto: when poll_now last read eq */
	bool shut;	/* L: fi_shutdown was called */
	bool drained;	/* L: nothing more comes out of cq */
	bool room_wanted; /* L: conn_slot or conn_send had to say -EAGAIN */
	char peer[PEER_TEXT_MAX];
};

/*
 * conn_new -- everything of a connection up to an enabled endpoint whose
 * receive slots are posted
 *
 *   info   consumed; a request in it is rejected on failure
 *   fab    gets another reference
 *   pep    where info is a request of; NULL: it is none
 */
NODISCARD int conn_new(const struct conn_cfg *cfg, struct fi_info *info,
	struct fab *fab, struct fid_pep *pep, struct conn **conn_out);
void conn_closep(struct conn **c);

/* after fi_connect or fi_accept: wait until it is connected.
 * Returns 0 or what the event queue said, without a message; -ETIMEDOUT */
NODISCARD int conn_await(struct conn *c, uint64_t deadline);

/* conn.c: the first error stays; whoever is in conn_poll is woken */
void conn_die(struct conn *c, int error);

/* the connection's error, with its message */
int conn_dead(const struct conn *c);

void conn_put_locked(struct conn *c, int slot) REQUIRES(&c->lock);

/* cloexec.c: set FD_CLOEXEC on a queue's epoll set and all that is in it */
void cloexec_queue(int epoll_fd);

#endif

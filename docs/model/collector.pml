/* The collector of the front end: ends that nobody collects himself, tasks that wait in the front end
 * for a slot, blocks that workers ask for. README.md says what is abstracted.
 *
 * Checked: every task ends once; a task that waits gets a slot; a worker that asks for a block gets an
 * answer, and the block of one that died is given back once; the collector does not sleep while any
 * of that is left (no invalid end state).
 *
 * Claims are one step here (queue.pml has theirs). Every task has an asynchronous waiter, who sets
 * the collector's flag at a moment of his own.
 */
#ifndef W
#define W 2
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef TASKS
#define TASKS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define LOW 1          /* the queue is low when fewer tickets than this are ready */

#define FREE 0
#define READY 1
#define RUNNING 2
#define DONE 3
#define FLAG 4         /* the collector is to hear of the end */
#define PHASE(w) ((w) & 3)
#define OWNER(w) ((w) >> 3)

/* The arena. */
byte state[SLOTS];
byte finished;         /* a bit per slot */
bool collector;        /* 1 asleep */
bool refill;           /* the bit of `interest` */
#define ASKED 1
#define GRANTED 2
byte request[W];
#define READY_COUNT ((PHASE(state[0]) == READY) + (SLOTS > 1 && PHASE(state[SLOTS - 1]) == READY))
#define QUEUE_IS_LOW (READY_COUNT < LOW)

/* The front end, under its lock; and the kernel. */
bool locked;
byte task_in[SLOTS];   /* task + 1 */
byte queued;           /* tasks that wait for a slot: the next is TASKS - queued */
bool wants[TASKS];     /* `wantsCollector` */
byte leases[W];        /* blocks that the worker on a seat has asked for */
bool collector_sleeps;
bool worker_sleeps[W];

chan kill = [0] of { bit };
bool dead[W];
byte ended[TASKS];
byte blocks;           /* blocks given out and not given back */
byte done_block[SLOTS];/* seat + 1 whose block holds the result */

/* `Wire.ringCollector` */
inline ring_collector(rang) {
  atomic { rang = (collector == 1) };                                  /* MODEL(ring.1) */
  if
  :: rang ->
     atomic { rang = (collector == 1); collector = 0 };                /* MODEL(ring.2) */
     if :: rang -> collector_sleeps = false :: else fi;
     rang = false
  :: else
  fi
}

/* `refill`: under the lock, a waiting task goes into a free slot. */
#define CAN_MOVE(s) (queued > 0 && task_in[s] == 0 && PHASE(state[s]) == FREE)
inline move(s) {
  if
  :: CAN_MOVE(s) ->
     task_in[s] = TASKS - queued + 1;
     state[s] = READY;
     /* `demandCollector(ofSlot:)` follows in the code: the same step, as nobody can claim the slot
      * and see the flag missing without `demand.1` finding it done. */
     if :: wants[task_in[s] - 1] -> state[s] = READY | FLAG :: else fi;
     queued--
  :: else
  fi;
  if :: queued == 0 -> refill = false :: else fi                       /* MODEL(refill.5) */
}

proctype Worker(byte me) {
  byte s; byte seen; bool rang;
seat:
  {
    skip;
look:
    rang = false;
end_idle:
    atomic {
      if
      :: PHASE(state[0]) == READY -> s = 0
      :: PHASE(state[SLOTS - 1]) == READY -> s = SLOTS - 1
      fi;
      state[s] = (state[s] & FLAG) | RUNNING | ((me + 1) << 3)
    };
#ifdef BLOCKS
    /* The result does not fit: ask for a block. */
    request[me] = ASKED;                                               /* MODEL(request.1) */
#ifndef BUG_NOBODY_RINGS_FOR_A_BLOCK
    ring_collector(rang);
#endif
    do
    :: atomic {                                                        /* MODEL(request.2) */
         if
         :: request[me] == ASKED -> worker_sleeps[me] = true
         :: else -> break
         fi
       };
       !worker_sleeps[me]
    od;
    request[me] = 0;                                                   /* MODEL(request.3) */
#endif
    atomic {
      seen = state[s];
      state[s] = DONE | ((me + 1) << 3);
#ifdef BLOCKS
      done_block[s] = me + 1;
#endif
      rang = false
    };
    if
    :: seen & FLAG ->
#ifdef BUG_RING_BEFORE_MARK
       ring_collector(rang);
       finished = finished | (1 << s)
#else
       finished = finished | (1 << s);                                 /* MODEL(finish.3), of a job MODEL(done.5) */
       ring_collector(rang)
#endif
    :: else
    fi;
    atomic { seen = 0; s = 0 };
#ifndef BUG_NOBODY_RINGS_FOR_A_REFILL
    if                                                                 /* MODEL(refill.3) MODEL(refill.4) */
    :: refill && QUEUE_IS_LOW -> ring_collector(rang)
    :: else
    fi;
#endif
    goto look
  } unless { atomic {
    kill?_ -> dead[me] = true; worker_sleeps[me] = false; s = 0; seen = 0; rang = false
  } };
end_dead:
  !dead[me];
  goto seat
}

/* Collects the task in slot s, if it is done: as much of `collect` as matters here. */
inline collect(s, t, got) {
  atomic {
    !locked ->
    got = (task_in[s] != 0 && PHASE(state[s]) == DONE);
    if :: got -> t = task_in[s] - 1; task_in[s] = 0 :: else fi
  };
  if
  :: got ->
     atomic {
       !locked ->
       assert(ended[t] == 0); ended[t] = 1; t = 0; got = false;
       if
       :: done_block[s] != 0 ->
          assert(leases[done_block[s] - 1] > 0); leases[done_block[s] - 1]--;
          blocks--; done_block[s] = 0
       :: else
       fi;
       state[s] = FREE;
       locked = true
     };
     atomic { move(s); locked = false }
  :: else
  fi
}

proctype Collector() {
  byte s, t, w; bool did, got, rang;
  do
  :: did = false;
     atomic { s = finished; finished = 0 };                            /* MODEL(collector.1) */
     if
     :: s & 1 -> t = 0; did = true; w = s; s = 0; collect(s, t, got); s = w; w = 0
     :: else
     fi;
#if SLOTS > 1
     if
     :: s & 2 -> did = true; s = 1; collect(s, t, got)
     :: else
     fi;
#endif
     s = 0;
#ifdef BLOCKS
     do
     :: w == W -> w = 0; break
     :: w < W && request[w] != ASKED -> w++                            /* MODEL(grant.1) */
     :: w < W && request[w] == ASKED ->
        did = true;
        /* The block is taken without the lock, so the worker may be dead by now, or another. */
        atomic {
          !locked ->
          if
#ifdef BUG_GRANT_WITHOUT_SECOND_LOOK
          :: true -> leases[w]++; blocks++; request[w] = GRANTED
#else
          :: request[w] == ASKED -> leases[w]++; blocks++; request[w] = GRANTED /* MODEL(grant.2) */
          :: else
#endif
          fi
        };
        worker_sleeps[w] = false;                                      /* MODEL(grant.3) */
        w++
     od;
#endif
     if                                                                /* MODEL(refill.6) */
     :: refill && QUEUE_IS_LOW ->
        do
        :: s == SLOTS -> s = 0; break
        :: s < SLOTS && PHASE(state[s]) == DONE -> did = true; collect(s, t, got); s++
        :: s < SLOTS && PHASE(state[s]) != DONE -> s++
        od;
        atomic {
          !locked ->
          if :: CAN_MOVE(0) -> move(0); did = true :: else fi;
          if :: SLOTS > 1 && CAN_MOVE(SLOTS - 1) -> move(SLOTS - 1); did = true :: else fi
        }
     :: else
     fi;
     if
     :: did
     :: else ->
        collector = true;                                              /* MODEL(collector.2) */
#ifndef BUG_COLLECTOR_LOOKS_NO_MORE
        if                                                             /* MODEL(collector.3) */
        :: finished != 0 -> collector = false
        :: finished == 0 && (request[0] == ASKED || request[W - 1] == ASKED) -> collector = false
        :: finished == 0 && request[0] != ASKED && request[W - 1] != ASKED &&
           refill && QUEUE_IS_LOW &&
           ((PHASE(state[0]) == DONE || PHASE(state[SLOTS - 1]) == DONE) ||
            CAN_MOVE(0) || CAN_MOVE(SLOTS - 1)) -> collector = false
        :: else ->
#endif
           do
           :: atomic {                                                 /* MODEL(collector.4) */
                if
                :: collector -> collector_sleeps = true
                :: else -> break
                fi
              };
end_asleep:
              !collector_sleeps
           od
#ifndef BUG_COLLECTOR_LOOKS_NO_MORE
        fi
#endif
     fi
  od
}

/* Submits everything: the first tasks to the slots, the others to the queue in front of them. */
proctype Submitter() {
  byte t; bool rang, waits;
  do
  :: t == TASKS -> break
  :: t < TASKS ->
     atomic {
       !locked ->
       if
       :: queued == 0 && task_in[0] == 0 && PHASE(state[0]) == FREE ->
          task_in[0] = t + 1; state[0] = READY;
          if :: wants[t] -> state[0] = READY | FLAG :: else fi
       :: else -> waits = true; locked = true
       fi;
       t++
     };
     if
     :: waits ->
#ifdef BUG_INTEREST_AFTER_LOOK
        if :: QUEUE_IS_LOW -> ring_collector(rang) :: else fi;
        atomic { queued++; refill = true; locked = false };
#else
        atomic { queued++; refill = true; locked = false };            /* MODEL(refill.1) */
        if                                                             /* MODEL(refill.2) */
        :: QUEUE_IS_LOW -> ring_collector(rang)
        :: else
        fi;
#endif
        waits = false
     :: else
     fi
  od;
  /* Waits until all have ended. */
  t = 0;
  do
  :: t == TASKS -> break
  :: atomic { t < TASKS && ended[t] -> t++ }
  od;
  blocks == 0;
  assert(leases[0] == 0 && leases[W - 1] == 0)
}

/* The asynchronous waiters: each asks for the collector when it likes. */
proctype Demander() {
  byte t, s, seen; bool rang;
#ifdef LAZY
  t = 1;  /* nobody asks for the first task: its slot is got back by the refill alone */
#endif
  do
  :: t == TASKS -> break
  :: t < TASKS ->
     atomic {
       !locked -> wants[t] = true;
       if
       :: task_in[0] == t + 1 -> s = 0; locked = true
       :: SLOTS > 1 && task_in[SLOTS - 1] == t + 1 -> s = SLOTS - 1; locked = true
       :: else -> s = SLOTS
       fi
     };
     if
     :: s < SLOTS ->
        atomic { seen = state[s]; state[s] = state[s] | FLAG };        /* MODEL(demand.1) */
#ifndef BUG_DEMAND_DOES_NOT_LOOK
        if
        :: PHASE(seen) == DONE ->
           finished = finished | (1 << s);                             /* MODEL(demand.2) */
           ring_collector(rang)
        :: else
        fi;
#endif
        locked = false
     :: else
     fi;
     atomic { t++; s = 0; seen = 0 }
  od
}

proctype Supervisor() {
  byte w, s;
end_watching:
  do
  :: atomic {
       !locked && (dead[0] || dead[W - 1]) -> locked = true;
       if :: dead[0] -> w = 0 :: else -> w = W - 1 fi
     };
#ifndef BUG_REQUEST_STAYS
     request[w] = 0;                                                   /* MODEL(death.2) */
#endif
     do
     :: s == SLOTS -> break
     :: s < SLOTS ->
        atomic {
          if
          :: OWNER(state[s]) == w + 1 && PHASE(state[s]) == RUNNING && task_in[s] != 0 ->
             state[s] = READY;
             if :: wants[task_in[s] - 1] -> state[s] = READY | FLAG :: else fi
#ifndef BUG_NO_MARK_OF_DONE
          :: OWNER(state[s]) == w + 1 && PHASE(state[s]) == DONE && task_in[s] != 0 ->
             finished = finished | (1 << s)                            /* MODEL(mend.3) MODEL(mend.5) */
#endif
          :: else
          fi;
          s++
        }
     od;
#ifndef BUG_LEASES_STAY
     atomic {
       /* `mendResultMemory`: what the dead had leased and not published. */
       s = (done_block[0] == w + 1) + (SLOTS > 1 && done_block[SLOTS - 1] == w + 1);
       blocks = blocks - leases[w] + s;
       leases[w] = s;
       locked = false; s = 0
     };
#else
     atomic { locked = false; s = 0 };
#endif
#ifndef BUG_NO_WAKE_OF_COLLECTOR
     collector = false;                                                /* MODEL(ring.3) */
     collector_sleeps = false;
#endif
     atomic { dead[w] = false; w = 0 }
  od
}

/* A death at any moment, of any worker. */
proctype Killer() {
end_first:
  kill!0;
#if DEATHS > 1
end_second:
  kill!0
#endif
}

init {
  atomic {
    byte w = 0;
    do :: w < W -> run Worker(w); w++ :: else -> break od;
    run Submitter(); run Collector(); run Demander(); run Supervisor();
#if DEATHS > 0
    run Killer()
#endif
  }
}

/* The life of single tasks: publish, claim, run, finish, wait, collect, cancel, and the mending of a
 * slot whose worker died. README.md says what is abstracted and how to run it.
 *
 * Checked: every task ends exactly once, with its own result or because it was cancelled or failed;
 * no two workers run one task at a time; only the owner of a slot writes to it; a cancelled task
 * never starts; nobody sleeps for ever (no invalid end state); every slot is free at the end.
 *
 * One statement (or one `atomic`) touches at most one word that someone may touch at the same time.
 * What lies under the front end's lock is merged with the neighbouring step, since nobody else sees
 * it in between.
 */
#ifndef W
#define W 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef TASKS
#define TASKS 3
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#define RING 2   /* smaller than in the code, so that it is full and goes round */
#ifdef BUG_NO_GENERATION
#define GENERATIONS 1
#else
#define GENERATIONS 8  /* more than one slot is used here: what wraps is only the model's word */
#endif

/* The state word: phase 2 bits, waiter 1, owner 2, generation. */
#define FREE 0
#define READY 1
#define RUNNING 2
#define DONE 3
#define WAITER 4
#define PHASE(w) ((w) & 3)
#define OWNER(w) (((w) >> 3) & 3)
#define GENERATION(w) ((w) >> 5)
#define WORD(g, o, f, p) (((g) << 5) | ((o) << 3) | (f) | (p))
#define ENDED(w, g) (GENERATION(w) != (g) || PHASE(w) == DONE || PHASE(w) == FREE)

/* The arena. */
short state[SLOTS];
byte ring_slot[RING];
byte ring_generation[RING];
byte head, tail;
byte argument[SLOTS];  /* task + 1, plain */
byte result[SLOTS];    /* task + 1, plain */

/* The front end; what follows is guarded by `locked`. */
bool locked;
#define NEW 0
#define QUEUED 1
#define PLACED 2
#define GONE 3
byte place[TASKS];
byte slot_of[TASKS];
byte generation_of[TASKS];
byte attempt[TASKS];
byte task_in[SLOTS];      /* task + 1, or 0 */
byte generations[SLOTS];
bool taken[SLOTS];        /* not on the list of free slots */

/* Futex: on which slot the waiter sleeps, + 1. */
byte asleep_on;
#define FUTEX_WAKE(s) if :: asleep_on == (s) + 1 -> asleep_on = 0 :: else fi

/* Processes. */
chan kill = [0] of { bit };
bool dead[W];             /* the worker does nothing any more, and its pidfd is readable */

/* What the check looks at. */
byte ended[TASKS];        /* 1 value, 2 cancelled, 3 failed */
byte runner[TASKS];       /* worker + 1 */
#define END(t, how) assert(ended[t] == 0); ended[t] = how

#define LOCK atomic { !locked -> locked = true }
#define UNLOCK locked = false

/* Whether a ticket stands for a task that can still be claimed. */
#define IS_READY(i) (PHASE(state[ring_slot[i]]) == READY && \
                     GENERATION(state[ring_slot[i]]) == ring_generation[i])

/* The steps of `Wire.publish`, under the lock; `no_room` says that the ring is full. */
inline publish(t, s, no_room) {
  no_room = false;
  atomic {                                                             /* MODEL(publish.1) */
    do
    :: tail - head < RING -> break
    :: else ->                                                         /* MODEL(discard.1) */
       if
       :: IS_READY(head % RING) ->
          no_room = true; break
       :: else -> head++                                               /* MODEL(discard.2) */
       fi
    od
  }
  if
  :: no_room
  :: else ->
     atomic {
       generations[s] = (generations[s] + 1) % GENERATIONS;
#ifndef BUG_TICKET_BEFORE_STATE
       state[s] = WORD(generations[s], 0, 0, READY);                   /* MODEL(publish.2) */
#endif
       task_in[s] = t + 1;
       place[t] = PLACED; slot_of[t] = s; generation_of[t] = generations[s]
     }
#ifdef BUG_TAIL_BEFORE_ENTRY
     tail++;
#endif
     atomic {                                                          /* MODEL(publish.3) */
       ring_slot[tail % RING] = s; ring_generation[tail % RING] = generations[s]
     }
#ifndef BUG_TAIL_BEFORE_ENTRY
     tail++;                                                           /* MODEL(publish.4) */
#endif
#ifdef BUG_TICKET_BEFORE_STATE
     state[s] = WORD(generations[s], 0, 0, READY);
#endif
  fi
}

proctype Worker(byte me) {
  short seen; byte ticket, slot, generation; bool mine;
end_looks:
  {
    skip;
look:
end_idle:
    atomic { head < tail -> ticket = head };                           /* MODEL(claim.1) */
#ifdef BUG_HEAD_BEFORE_CLAIM
    atomic { if :: head == ticket -> head++ :: else -> goto look fi };
#endif
    atomic {                                                           /* MODEL(claim.2) */
      slot = ring_slot[ticket % RING]; generation = ring_generation[ticket % RING];
again:
      seen = state[slot];                                              /* MODEL(claim.3) */
      if
      :: PHASE(seen) == READY && GENERATION(seen) == generation
      :: else -> goto move
      fi
    };
    atomic {                                                           /* MODEL(claim.4) */
#ifndef BUG_CLAIM_IS_A_STORE
      if :: state[slot] == seen :: else -> goto again fi;
#endif
      state[slot] = WORD(generation, me + 1, seen & WAITER, RUNNING);
      assert(argument[slot] != 0);
      assert(runner[argument[slot] - 1] == 0);  /* nobody else runs it */
      assert(ended[argument[slot] - 1] == 0);   /* it is not cancelled, and not done before */
      runner[argument[slot] - 1] = me + 1;
      mine = true
    };
move:
    atomic {                                                           /* MODEL(claim.5) */
      if :: head == ticket -> head++ :: else fi;
      ticket = 0;
      if :: !mine -> seen = 0; slot = 0; generation = 0; goto look :: else fi
    };
    /* The task has run. Its result is a plain write to a slot that is ours, which the assertion
     * below checks; so it is one step with what publishes it. */
#ifdef BUG_FINISH_BEFORE_RESULT
    atomic { seen = state[slot]; state[slot] = WORD(generation, me + 1, 0, DONE) };
#endif
    atomic {
      result[slot] = argument[slot];                                   /* MODEL(run.1) */
      runner[argument[slot] - 1] = 0;
#ifdef BUG_FINISH_BEFORE_RESULT
    };
#else
      seen = state[slot];                                              /* MODEL(finish.1) */
      assert(OWNER(seen) == me + 1 && PHASE(seen) == RUNNING && GENERATION(seen) == generation);
#ifdef BUG_FINISH_LOSES_FLAGS
      seen = 0;
#endif
      state[slot] = WORD(generation, me + 1, 0, DONE)
    };
#endif
    atomic {                                                           /* MODEL(finish.2) */
      if :: seen & WAITER -> FUTEX_WAKE(slot) :: else fi;
      seen = 0; slot = 0; generation = 0; mine = false;
      goto look
    }
  } unless { atomic {
    kill?_ -> dead[me] = true; seen = 0; ticket = 0; slot = 0; generation = 0; mine = false
  } };
end_dead:
  !dead[me];  /* another worker takes the seat */
  goto end_looks
}

/* Takes a task out of a slot that is done. Two threads of the front end may try. */
inline collect(t, s, g, got) {
  got = false;
  atomic {                                                             /* MODEL(collect.1) */
    !locked ->
    if
    :: task_in[s] == t + 1 && place[t] == PLACED && slot_of[t] == s && generation_of[t] == g &&
       PHASE(state[s]) == DONE ->
       place[t] = GONE; task_in[s] = 0; got = true
    :: else
    fi
  }
  if
  :: got ->
#ifdef BUG_FREE_BEFORE_READ
     atomic { !locked -> state[s] = WORD(g, 0, 0, FREE); taken[s] = false };
     atomic { assert(result[s] == t + 1); END(t, 1) }
#else
     atomic { assert(result[s] == t + 1); result[s] = 0; argument[s] = 0; END(t, 1) }           /* MODEL(collect.2) */
     atomic { !locked -> state[s] = WORD(g, 0, 0, FREE); taken[s] = false } /* MODEL(collect.3) */
#endif
  :: else
  fi
}

/* Submits every task, again when its retry found no room in the ring; collects what is done when it
 * needs a slot. Stands for every thread that submits, and for the refill from the overflow. */
#define HAS_FREE_SLOT (!taken[0] || !taken[SLOTS - 1])
#define HAS_WAITING_TASK (place[0] <= QUEUED || place[TASKS / 2] <= QUEUED || place[TASKS - 1] <= QUEUED)
#define IS_DONE(s) (PHASE(state[s]) == DONE && task_in[s] != 0)
#define HAS_ROOM (tail - head < RING || !IS_READY(head % RING))

proctype Submitter() {
  byte t, s, task, g; bool no_room, got;
end_waits:
  do
  :: atomic {
       !locked && HAS_FREE_SLOT && HAS_WAITING_TASK && HAS_ROOM ->
       t = 0;
       do :: t < TASKS && place[t] > QUEUED -> t++ :: else -> break od;
       s = 0;
       do :: s < SLOTS && taken[s] -> s++ :: else -> break od;
       locked = true; taken[s] = true; argument[s] = t + 1
     };
     publish(t, s, no_room);
     atomic {
       if :: no_room -> taken[s] = false; place[t] = QUEUED; argument[s] = 0 :: else fi;
       no_room = false; t = 0; s = 0;
       UNLOCK
     }
  :: atomic {
       /* No slot is free: collect one that is done. */
       !locked && !HAS_FREE_SLOT && (IS_DONE(0) || IS_DONE(SLOTS - 1)) ->
       if :: IS_DONE(0) -> s = 0 :: else -> s = SLOTS - 1 fi;
       task = task_in[s] - 1; g = GENERATION(state[s])
     };
     collect(task, s, g, got);
     atomic { task = 0; s = 0; g = 0; got = false }
  od
}

/* A caller who waits for one task after the other. */
proctype Waiter() {
  byte t, s, g, p; short seen; bool got;
  do
  :: t == TASKS -> break
  :: t < TASKS && ended[t] != 0 -> t++
  :: t < TASKS && ended[t] == 0 ->
     atomic { !locked -> p = place[t]; s = slot_of[t]; g = generation_of[t] };
     if
     :: p == PLACED ->
wait:
        atomic { seen = state[s]; state[s] = state[s] | WAITER };      /* MODEL(wait.1) */
        if
        :: ENDED(seen, g)
        :: else ->
#ifdef BUG_SLEEP_WITHOUT_COMPARING
           asleep_on = s + 1;
#else
           atomic {                                                    /* MODEL(wait.2) */
             if
             :: state[s] == (seen | WAITER) ->
                assert(task_in[s] == t + 1);  /* and not a later use of the slot */
                asleep_on = s + 1
             :: else
             fi
           };
#endif
           asleep_on == 0;
           atomic {
             seen = 0;
             if :: ENDED(state[s], g) :: else -> goto wait fi          /* MODEL(wait.3) */
           }
        fi;
        collect(t, s, g, got);
        atomic { seen = 0; got = false; s = 0; g = 0; p = 0 }
     :: p != PLACED -> place[t] != p || ended[t] != 0
     fi
  od;
  s = 0;
  do
  :: atomic { s < SLOTS && !locked && !taken[s] && PHASE(state[s]) == FREE -> s++ }
  :: s == SLOTS -> break
  od
}

/* Cancels one task, at any time. */
proctype Canceller() {
  byte t, s, g; short seen;
end_never:
  if
  :: t = 0
  :: t = TASKS - 1
  fi;
  atomic { !locked && place[t] != NEW -> locked = true; s = slot_of[t]; g = generation_of[t] };
  if
  :: place[t] == QUEUED -> atomic { place[t] = GONE; END(t, 2) }
  :: place[t] == PLACED ->
withdraw:
     seen = state[s];                                                  /* MODEL(cancel.1) */
     if
     :: PHASE(seen) == READY && GENERATION(seen) == g ->
#ifdef BUG_CANCEL_IS_A_STORE
        atomic { state[s] = WORD(g, 0, 0, FREE) };
#else
        atomic {                                                       /* MODEL(cancel.2) */
          if :: state[s] == seen -> state[s] = WORD(g, 0, 0, FREE) :: else -> goto withdraw fi
        };
#endif
        atomic {
          if :: seen & WAITER -> FUTEX_WAKE(s) :: else fi;
          place[t] = GONE; task_in[s] = 0; taken[s] = false; argument[s] = 0; END(t, 2)
        }
     :: else
     fi
  :: place[t] == GONE
  fi;
  UNLOCK
}

/* Sees deaths and mends what the dead held. */
proctype Supervisor() {
  byte w, s, t; short seen; bool no_room;
end_watching:
  do
  :: atomic {
       !locked && (dead[0] || dead[W - 1]) ->
       locked = true;
       if :: dead[0] -> w = 0 :: else -> w = W - 1 fi
     };                                                                /* MODEL(death.3) */
     do
     :: s == SLOTS -> break
     :: s < SLOTS ->
        atomic {
          /* Nobody else changes the owner of a word whose owner is dead. */
          seen = state[s];
          if
          :: task_in[s] != 0 && OWNER(seen) == w + 1 && PHASE(seen) == RUNNING ->
             t = task_in[s] - 1;
             runner[t] = 0;
             attempt[t]++;
             seen = 0
          :: else -> s++; seen = 0; goto next
          fi;
#ifdef BUG_NO_RESCAN
          t = 0; s++; goto next
#endif
        };
        if
        :: attempt[t] <= RETRIES ->
           publish(t, s, no_room);                                     /* MODEL(mend.1) */
           if
           :: no_room -> 
              atomic {
                /* `requeue`: back into the front end. */
                state[s] = WORD(generations[s], 0, 0, FREE);
                place[t] = QUEUED; task_in[s] = 0; taken[s] = false; argument[s] = 0; no_room = false
              }
           :: else
           fi
        :: else ->
           atomic {                                                    /* MODEL(mend.2) */
             state[s] = WORD(generations[s], 0, 0, FREE);
             place[t] = GONE; task_in[s] = 0; taken[s] = false; argument[s] = 0; END(t, 3)
           }
        fi;
        atomic { s++; t = 0 };
next:   skip
     od;
     atomic { s = 0; UNLOCK };
     do                                                                /* MODEL(death.6) */
     :: s == SLOTS -> break
     :: s < SLOTS ->
#ifdef BUG_WAKES_ONLY_ITS_OWN  /* as the code once did */
        if :: OWNER(state[s]) == w + 1 -> FUTEX_WAKE(s) :: else fi;
#elif !defined(BUG_NO_WAKE_OF_CALLERS)
        FUTEX_WAKE(s);
#endif
        s++
     od;
     atomic { s = 0; dead[w] = false; w = 0 }
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
    run Submitter(); run Waiter(); run Supervisor();
#ifdef CANCEL
    run Canceller();
#endif
#if DEATHS > 0
    run Killer()
#endif
  }
}

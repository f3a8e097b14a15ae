/* Sleeping and waking: chairs, sleepers, wake words. README.md says what is abstracted.
 *
 * Work is a counter of tickets; that a ticket is claimed once is the business of queue.pml. A task
 * here ends only when PARALLEL tasks run at the same time: so the model stops, and `spin` finds the
 * invalid end state, not only when a task is never begun, but also when one waits beside a worker
 * that sleeps. After that the pool closes, and every worker must leave.
 */
#ifndef W
#define W 2
#endif
#ifndef TASKS
#define TASKS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef CHAIRS
#define CHAIRS 1
#endif
#ifndef PARALLEL
#define PARALLEL TASKS
#endif
#ifndef PROCESSORS  /* how many workers are enough, as long as none of them waits */
#define PROCESSORS W
#endif
#define SURPLUS (W - PROCESSORS)

/* The arena. */
byte head, tail;
#ifdef SIDE  /* the last task has another priority, and a ring of its own */
byte side_head, side_tail;
bool priorities;       /* whether workers look there */
#define HAS_SIDE_WORK (priorities && side_head < side_tail)
#else
#define HAS_SIDE_WORK false
#define side_head head
#endif
#ifdef JOBS  /* some of the tasks are jobs of one chunk, which a worker on a chair does not claim at once */
byte jobs_head, jobs_tail;
#define READY_JOBS (jobs_tail - jobs_head)
#else
#define READY_JOBS 0
#endif
byte chair[CHAIRS];    /* seat + 1 */
byte sleepers;         /* a bit per seat */
bool wake[W];          /* 1 asleep */
bool closing;

/* The kernel: who sleeps on its wake word. */
bool sleeping[W];
#define FUTEX_WAKE(i) sleeping[i] = false

chan kill = [0] of { bit };
bool dead[W];
byte holds[W];         /* what the worker has claimed and not finished: 1, 2 from the side ring, or 3, a job */
byte running, finished;
bool all_ran;          /* once PARALLEL ran together, tasks end without it */

#define HAS_TASK (head < tail || HAS_SIDE_WORK)
#define HAS_WORK (HAS_TASK || READY_JOBS > 0)
/* The more urgent ring comes first. */
#define CLAIM \
  if \
  :: HAS_SIDE_WORK -> side_head++; holds[me] = 2 \
  :: else -> head++; holds[me] = 1 \
  fi; \
  running++; mine = true

/* `Wire.wakeOne`. */
inline wake_one(i, woke) {
  do
  :: atomic {
       if                                                              /* MODEL(wake.1) */
       :: sleepers == 0 -> woke = false; break
       :: sleepers & 1 -> i = 0
       :: !(sleepers & 1) && (sleepers & 2) -> i = 1
#if W > 2
       :: !(sleepers & 3) && (sleepers & 4) -> i = 2
#endif
       fi
     };
#ifdef BUG_WAKE_WORD_FIRST
     wake[i] = false;
#endif
     atomic {                                                          /* MODEL(wake.2) */
       if
       :: sleepers & (1 << i) -> sleepers = sleepers & ~(1 << i); woke = true
       :: else -> woke = false
       fi
     };
     if
     :: woke ->
#ifndef BUG_WAKE_WORD_FIRST
#ifndef BUG_NO_WAKE_WORD
        wake[i] = false;                                               /* MODEL(wake.3) */
#endif
#endif
        atomic { FUTEX_WAKE(i); i = 0; break }                         /* MODEL(wake.4) */
     :: else
     fi
  od
}

#define ASLEEP ((sleepers & 1) + ((sleepers >> 1) & 1) + ((sleepers >> 2) & 1))

/* `Wire.wakeOneOfUse`. */
inline wake_one_of_use(i, woke) {
  if                                                                   /* MODEL(wake.5) */
  :: SURPLUS > 0 && ASLEEP > 0 && ASLEEP <= SURPLUS -> woke = false
  :: else -> wake_one(i, woke)
  fi
}

/* `Wire.passOn`: it looks at the queue only when somebody slept just before. */
inline pass_on(i, woke) {
  if
  :: sleepers != 0 ->                                                  /* MODEL(pass.1) */
     if
     :: HAS_WORK -> wake_one_of_use(i, woke)                           /* MODEL(pass.2) */
     :: else
     fi
  :: else
  fi
}

/* After work was published. */
inline wake_if_needed(i, woke) {
  if                                                                   /* MODEL(look.1) */
  :: chair[0] != 0
#if CHAIRS > 1
  :: chair[0] == 0 ->
     if
     :: chair[1] != 0
     :: else -> wake_one_of_use(i, woke)
     fi
#else
  :: else -> wake_one_of_use(i, woke)
#endif
  fi;
  woke = false
}

proctype Worker(byte me) {
  byte c, i; bool mine, woke;
seat:
  {
    skip;
look:
    /* `runSomething`: claim the oldest ticket, or a job. */
    atomic {                                                           /* MODEL(loop.1) */
      if
      :: HAS_TASK -> CLAIM
#ifdef JOBS
      :: READY_JOBS > 0 -> jobs_head++; holds[me] = 3; running++; mine = true
#endif
      :: else -> mine = false
      fi
    };
    if
    :: mine ->
       /* `passOn`; a job of one chunk is no reason for it any more. */
#ifdef BUG_NO_PASS_ON_FROM_A_JOB
       if :: holds[me] != 3 -> pass_on(i, woke) :: else fi;
#elif !defined(BUG_NO_PASS_ON)
       pass_on(i, woke);
#endif
execute:
       atomic { running >= PARALLEL || all_ran -> all_ran = true };
       atomic {
         running--; finished++; holds[me] = 0; mine = false; woke = false;
         goto look
       }
    :: else
    fi;
    if :: closing -> goto leave :: else fi;                            /* MODEL(loop.2) */
    /* `spinForWork` */
    c = 0;
    do
    :: atomic {                                                        /* MODEL(chair.1) */
         if
         :: chair[c] == 0 -> chair[c] = me + 1; break
         :: else -> c++; if :: c == CHAIRS -> break :: else fi
         fi
       }
    od;
    if
    :: c < CHAIRS ->
       if
       :: HAS_WORK && !closing ->                                      /* MODEL(spin.1) */
          atomic {                                                     /* MODEL(spin.3) */
            if
            :: HAS_TASK -> CLAIM
            :: else -> mine = false
            fi
          };
          chair[c] = 0;                                                /* MODEL(spin.4) */
#ifndef BUG_NO_PASS_ON_FROM_CHAIR
          if :: mine -> pass_on(i, woke) :: else fi;  /* else at the next claim */
#endif
          atomic { c = 0; woke = false; if :: mine -> goto execute :: else -> goto look fi }
       :: true ->  /* the time is over, or the pool closes */
          chair[c] = 0                                                 /* MODEL(spin.2) MODEL(chair.2) */
       fi
    :: else
    fi;
    c = 0;
    /* `Wire.sleep(on:)` */
#ifdef BUG_LOOK_BEFORE_ANNOUNCING
    if :: HAS_WORK || closing -> goto look :: else fi;
#endif
    wake[me] = true;                                                   /* MODEL(sleep.1) */
    sleepers = sleepers | (1 << me);                                   /* MODEL(sleep.2) */
#if !defined(BUG_NO_SECOND_LOOK) && !defined(BUG_LOOK_BEFORE_ANNOUNCING)
    if
    :: HAS_WORK || closing ->                                          /* MODEL(sleep.3) MODEL(work.1) */
       sleepers = sleepers & ~(1 << me);                               /* MODEL(sleep.4) */
       wake[me] = false;                                               /* MODEL(sleep.5) */
       goto look
    :: else
    fi;
#endif
    do
#ifdef BUG_SLEEP_WITHOUT_COMPARING
    :: wake[me] -> sleeping[me] = true; !sleeping[me]
    :: !wake[me] -> break
#else
    :: atomic {                                                        /* MODEL(sleep.6) */
         if
         :: wake[me] -> sleeping[me] = true
         :: else -> break
         fi
       };
       !sleeping[me]
#endif
    od;
#ifndef BUG_BIT_LEFT
    sleepers = sleepers & ~(1 << me);                                  /* MODEL(sleep.7) */
#endif
    goto look;
leave:
    skip
  } unless { atomic {
    kill?_ -> dead[me] = true; if :: holds[me] != 0 -> running-- :: else fi; sleeping[me] = false;
    c = 0; i = 0; mine = false; woke = false
  } };
end_dead:  /* once the pool closes, nobody takes the seat */
  !dead[me];
  goto seat
}

/* `Wire.wakeAll` */
inline wake_all(i) {
  i = 0;
  do
  :: i == W -> break
  :: i < W ->
     sleepers = sleepers & ~(1 << i);                                  /* MODEL(wakeAll.1) */
     wake[i] = false;                                                  /* MODEL(wakeAll.2) */
     atomic { FUTEX_WAKE(i); i++ }
  od;
  i = 0
}

proctype Publisher() {
  byte n, i; bool woke;
  do
  :: n == TASKS -> break
  :: n < TASKS ->
#ifdef BUG_WAKE_BEFORE_PUBLISH
     wake_if_needed(i, woke);
     tail++;
#else
#ifdef SIDE
     if
     :: n == TASKS - 1 ->
#ifndef BUG_ANNOUNCED_AFTER_THE_WAKE
        priorities = true;                                             /* MODEL(announce.1) */
#endif
        side_tail++
     :: else -> tail++
     fi;
#elif defined(JOBS)
     if :: tail++ :: jobs_tail++ fi;
#else
     tail++;                                                           /* MODEL(publish.4) */
#endif
     wake_if_needed(i, woke);
#if defined(SIDE) && defined(BUG_ANNOUNCED_AFTER_THE_WAKE)
     if :: n == TASKS - 1 -> priorities = true :: else fi;
#endif
#endif
     n++
  od;
  finished == TASKS;
  closing = true;
#ifndef BUG_CLOSE_WAKES_NOBODY
  wake_all(i)
#endif
}

proctype Supervisor() {
  byte w, c, i;
end_watching:
  do
  :: atomic {
       dead[0] || dead[1] || dead[W - 1] ->
       if :: dead[0] -> w = 0 :: !dead[0] && dead[1] -> w = 1 :: else -> w = W - 1 fi
     };
     c = 0;
#ifndef BUG_NO_VACATE
     do                                                                /* MODEL(death.1) */
     :: atomic {
          if
          :: c == CHAIRS -> break
          :: c < CHAIRS && chair[c] == w + 1 -> chair[c] = 0; c++      /* MODEL(chair.3) */
          :: else -> c++
          fi
        }
     od;
#endif
     /* `mendTasks` publishes what the dead worker had claimed. */
     atomic {
       c = 0;
       if
       :: holds[w] == 1 -> tail++
#ifdef SIDE
       :: holds[w] == 2 -> side_tail++
#endif
#ifdef JOBS
       :: holds[w] == 3 -> jobs_tail++
#endif
       :: else
       fi;
       holds[w] = 0
     };
#ifndef BUG_NO_WAKE_ALL
     wake_all(i);                                                      /* MODEL(death.5) */
#endif
     if
     :: closing -> break
     :: !closing -> atomic { dead[w] = false; w = 0 }
     fi
  od
}

/* `PoolEngine.lookWhoIsAtWork`: when fewer than PROCESSORS are awake and not held by a task, one more is woken. */
proctype Attendant() {
  byte i; bool woke;
end_looking:
  do
  :: atomic {
       HAS_WORK && !closing && sleepers != 0 && W - ASLEEP < PROCESSORS + running -> skip
     };
     wake_one(i, woke);                                                /* MODEL(attend.1) */
     woke = false
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
    run Publisher(); run Supervisor();
#if PROCESSORS < W && !defined(BUG_NOBODY_ATTENDS) && !defined(HINT_NOBODY_ATTENDS)
    run Attendant();
#endif
#if DEATHS > 0
    run Killer()
#endif
  }
}

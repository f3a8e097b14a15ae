/* Chunked jobs: two of them, one after the other in one record. README.md says what is abstracted.
 *
 * Checked: every chunk is run under its own job, by one worker at a time, and has its result when
 * the job is done; nobody sleeps for ever; with PARALLEL, no worker sleeps beside a chunk that nobody
 * has begun.
 *
 * With GRAPH, every chunk waits for chunk 0, as steps of a factorization do for one another: no worker sleeps beside
 * one that is ready (chunk 1 ends only when chunk 2 runs, and the other way round).
 *
 * Sleeping is abstract here (wakeup.pml has its steps): a worker falls asleep in the step that sees
 * `is_active` empty, and wakes when someone wakes it.
 */
#ifndef W
#define W 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef BATCH
#define BATCH 1
#endif
#define WORDS 3       /* two for the first job, one more for the second if it has its own memory */

#ifndef JOBS
#define JOBS 2
#endif
#ifndef CHUNKS
#define CHUNKS 2      /* of the first job; the second has as many, or one */
#endif

/* The state word of the record: phase, waiter, generation. */
#define RUNNING 1
#define DONE 2
#define WAITER 4
#define PHASE(w) ((w) & 3)
#define GENERATION(w) ((w) >> 3)
#define WORD(g, f, p) (((g) << 3) | (f) | (p))

/* A chunk word: phase, owner, generation. */
#define UNCLAIMED 0
#define CLAIMED 1
#define FINISHED 2
#define OWNER(w) (((w) >> 2) & 3)
#define CHUNK(g, o, p) (((g) << 4) | ((o) << 2) | (p))
#define CHUNK_GENERATION(w) ((w) >> 4)

/* The arena. */
byte state;
byte count, base;     /* plain fields of the record */
byte cursor;
bool failed;
bool is_active;
byte words[WORDS];    /* zero: generation 0, which no job has */

/* The front end, under its lock; and the kernel. */
bool locked;
byte job;             /* generation of the job in the record, 0 when there is none */
byte job_count, job_base;
bool cancelled;
bool caller_asleep;
bool asleep[W];
#define WAKE_ALL atomic { asleep[0] = false; asleep[1] = false; asleep[W - 1] = false }

chan kill = [0] of { bit };
bool dead[W];

/* What the check looks at. */
byte result[WORDS];   /* generation of the job that wrote it */
byte runner[WORDS];   /* worker + 1 */
byte running;
bool all_ran;

/* Tries to get chunk `c` and runs it. */
inline take(c) {
  atomic {                                                             /* MODEL(chunk.2) */
    seen = words[at + c];
#ifdef BUG_NO_CHUNK_GENERATION
    mine = PHASE(seen) == UNCLAIMED
#else
    mine = PHASE(seen) == UNCLAIMED && CHUNK_GENERATION(seen) == g
#endif
  };
  if
  :: mine ->
     atomic {                                                          /* MODEL(chunk.3) */
#ifdef BUG_CHUNK_CLAIM_IS_A_STORE
       words[at + c] = CHUNK(g, me + 1, CLAIMED);
#else
       if
       :: words[at + c] == seen -> words[at + c] = CHUNK(g, me + 1, CLAIMED)
       :: else -> mine = false
       fi;
#endif
       seen = 0
     }
  :: else -> seen = 0
  fi;
  if
  :: mine ->
     if
     :: failed                                                         /* MODEL(chunk.4) */
     :: atomic {
          !failed ->
          assert(GENERATION(state) == g && PHASE(state) == RUNNING);
          assert(runner[at + c] == 0);
          runner[at + c] = me + 1; running++
        };
#ifdef PARALLEL
        atomic { running >= job_count || running == W || all_ran -> all_ran = true };
#endif
#ifdef GRAPH
        assert(c == 0 || PHASE(words[at]) == FINISHED);
        atomic { c == 0 || running == W || all_ran -> all_ran = all_ran || c > 0 };
#endif
     fi;
     atomic {                                                          /* MODEL(chunk.5) */
       if
       :: runner[at + c] == me + 1 -> result[at + c] = g; runner[at + c] = 0; running--
       :: else
       fi;
       assert(words[at + c] == CHUNK(g, me + 1, CLAIMED));
       words[at + c] = CHUNK(g, me + 1, FINISHED); mine = false
     }
  :: else
  fi
}

#ifdef GRAPH
#define IS_OF_JOB(c) (CHUNK_GENERATION(words[at + c]) == g)

/* The first chunk from `c` on that is ready, or `n`: each look at a word is a step of its own. */
inline first_ready() {                                                 /* MODEL(ready.1) */
  do
  :: c == n -> break
  :: c < n ->
     if
#ifdef BUG_READY_IN_ANOTHER_JOB  /* as the code once did: round and round */
     :: PHASE(words[at + c]) == UNCLAIMED ->
#else
     :: PHASE(words[at + c]) == UNCLAIMED && IS_OF_JOB(c) ->
#endif
        if
        :: c == 0 -> break
        :: c > 0 && PHASE(words[at]) == FINISHED -> break
        :: c > 0 && PHASE(words[at]) != FINISHED -> c++
        fi
     :: else -> c++
     fi
  od
}
#endif

proctype Worker(byte me) {
  byte st, g, n, at, c, seen; bool mine;
#ifdef GRAPH
  byte next, missed, rounds;
#endif
seat:
  {
    skip;
look:
    atomic {
      if
      :: is_active
      :: else -> asleep[me] = true
      fi
    };
end_asleep:
    !asleep[me];
    atomic {                                                           /* MODEL(job.5) */
      st = state; g = GENERATION(st);
      if :: PHASE(st) != RUNNING -> goto retire :: else fi
    };
    n = count;                                                         /* MODEL(job.6) */
    at = base;
#ifndef BUG_NO_SECOND_LOOK_AT_STATE
    atomic {                                                           /* MODEL(job.7) */
      if
      :: PHASE(state) == RUNNING && GENERATION(state) == g
      :: else -> st = 0; g = 0; n = 0; at = 0; goto look
      fi
    };
#endif
#ifdef GRAPH
    do
    :: first_ready();
       if :: c == n -> c = 0; break :: else fi;
       next = c;
       c++;
       first_ready();
#ifndef BUG_NEXT_IS_NOT_OFFERED
       if
       :: c < n ->
          if :: is_active :: !is_active -> is_active = true fi;        /* MODEL(offer.1) */
          WAKE_ALL                                                     /* MODEL(offer.2) */
       :: else
       fi;
#endif
       c = next;
#ifdef ROUNDS
       /* Whoever finds a chunk ready gets it, or another has got it: it is not there again, but after a death. */
       if :: missed == c + 1 -> rounds++; assert(rounds <= DEATHS) :: else -> rounds = 0 fi;
       missed = c + 1;
#endif
       take(c);
       atomic { c = 0; next = 0 }
    od;
#else
    do
    :: atomic {                                                        /* MODEL(chunk.1) */
         c = cursor;
         if :: cursor < 4 -> cursor = cursor + BATCH :: else fi;
         if :: c >= n -> c = 0; break :: else fi
       };
#ifdef HINT_PLAIN_CURSOR
       atomic { if :: cursor > 0 -> cursor-- :: else fi };
       cursor = c + 1;
#endif
       take(c);
#if BATCH > 1
       if :: c + 1 < n -> c++; take(c) :: else fi
#endif
    od;
    do                                                                 /* MODEL(chunk.6) */
    :: c == n -> break
    :: c < n && PHASE(words[at + c]) == UNCLAIMED -> take(c); c++
    :: c < n && PHASE(words[at + c]) != UNCLAIMED -> c++
    od;
    c = 0;
#endif
    /* `finishIfDone` */
#ifndef BUG_NOBODY_LOOKS_FOR_THE_END
    do                                                                 /* MODEL(done.1) */
    :: c == n -> break
    :: c < n && PHASE(words[at + c]) == FINISHED -> c++
    :: c < n && PHASE(words[at + c]) != FINISHED -> goto retire
    od;
#endif
again:
    atomic {                                                           /* MODEL(done.2) */
      st = state;
      if :: PHASE(st) == RUNNING && GENERATION(st) == g :: else -> goto retire fi
    };
    atomic {                                                           /* MODEL(done.3) */
#ifdef BUG_DONE_IS_A_STORE
      state = WORD(g, 0, DONE)
#else
      if :: state == st -> state = WORD(g, 0, DONE) :: else -> goto again fi
#endif
    };
    if :: st & WAITER -> caller_asleep = false :: else fi;             /* MODEL(done.4) */
retire:
    atomic { c = 0; is_active = false };                                  /* MODEL(retire.1) */
#ifndef BUG_RETIRE_WITHOUT_SECOND_LOOK
    atomic {                                                           /* MODEL(retire.2) */
      st = state;
      if :: PHASE(st) != RUNNING -> goto over :: else fi;
      if :: GENERATION(st) != g -> goto back :: else fi
    };
#ifndef BUG_RETIRE_MISSES_THE_END  /* as the code once did */
    do                                                                 /* MODEL(retire.3) */
    :: c == n -> goto back  /* all done, and nobody has said so */
    :: c < n && PHASE(words[at + c]) == FINISHED -> c++
    :: c < n && PHASE(words[at + c]) != FINISHED -> c = 0; break
    od;
#endif
#ifdef GRAPH
    first_ready();
    if :: c == n -> goto over :: else -> goto back fi;
#endif
    do
    :: c == n -> goto over
    :: c < n && PHASE(words[at + c]) == UNCLAIMED -> goto back
    :: c < n && PHASE(words[at + c]) != UNCLAIMED -> c++
    od;
back:
    is_active = true;                                                     /* MODEL(retire.4) */
#ifndef BUG_RETIRE_WAKES_NOBODY
    WAKE_ALL;                                                          /* MODEL(retire.5) */
#endif
#endif
over:
#ifdef GRAPH
    atomic { missed = 0; rounds = 0 };
#endif
    atomic { st = 0; g = 0; n = 0; at = 0; c = 0; goto look }
  } unless { atomic {
    kill?_ -> dead[me] = true; asleep[me] = false;
    if
    :: mine && runner[at + c] == me + 1 -> runner[at + c] = 0; running--
    :: else
    fi;
#ifdef GRAPH
    next = 0; missed = 0; rounds = 0;
#endif
    st = 0; g = 0; n = 0; at = 0; c = 0; seen = 0; mine = false
  } };
end_dead:
  !dead[me];
  goto seat
}

/* Publishes two jobs, one after the other, and waits for each. */
proctype Front() {
  byte k, i, seen;
  k = 1;
  do
  :: k > JOBS -> break
  :: k <= JOBS ->
     /* Under the lock: the record's fields are filled while its state is not running. */
     atomic {
       !locked -> locked = true; all_ran = false; cancelled = false;
       if
       :: k == 1 -> job_count = CHUNKS; job_base = 0
       :: k == 2 -> job_count = 1; job_base = 2   /* fresh memory, if the first job has two chunks */
       :: k == 2 -> job_count = CHUNKS; job_base = 0   /* that of the first job */
       fi
     };
#ifdef BUG_STATE_BEFORE_RECORD
     state = WORD(k, 0, RUNNING);
#endif
     atomic {                                                          /* MODEL(job.1) */
       i = 0;
       do
       :: i == job_count -> i = 0; break
       :: i < job_count -> words[job_base + i] = CHUNK(k, 0, UNCLAIMED); result[job_base + i] = 0; i++
       od
     };
     count = job_count;                                                /* MODEL(job.2) */
     atomic { base = job_base; cursor = 0; failed = false };
#ifdef BUG_ACTIVE_BEFORE_STATE
     is_active = true;
     atomic { state = WORD(k, 0, RUNNING); job = k; locked = false };
#else
#ifndef BUG_STATE_BEFORE_RECORD
     state = WORD(k, 0, RUNNING);                                      /* MODEL(job.3) */
#endif
     atomic { is_active = true; job = k; locked = false };                /* MODEL(job.4) */
#endif
     WAKE_ALL;
     do
     :: atomic { seen = state; state = state | WAITER };
        if
        :: PHASE(seen) == DONE -> break
        :: else ->
           atomic { if :: state == (seen | WAITER) -> caller_asleep = true :: else fi };
           !caller_asleep;
           if :: PHASE(state) == DONE -> break :: else fi
        fi
     od;
     atomic {                                                          /* MODEL(jobCollect.1) */
       !locked -> locked = true;
       assert(PHASE(state) == DONE && GENERATION(state) == k);
       do
       :: i == job_count -> i = 0; break
       :: i < job_count -> assert(cancelled || result[job_base + i] == k); i++
       od;
       job = 0; seen = 0; k++; locked = false
     }
  od
}

/* Cancels one job, at any time. */
proctype Canceller() {
  byte k;
end_never:
  if :: k = 1 :: k = JOBS fi;
end_late:
  atomic { !locked && job == k -> locked = true };
  if
  :: atomic {                                                          /* MODEL(jobCancel.1) */
       PHASE(words[job_base]) == UNCLAIMED && PHASE(words[job_base + job_count - 1]) == UNCLAIMED ->
       cancelled = true
     };
     failed = true                                                     /* MODEL(jobCancel.2) */
  :: else
  fi;
  locked = false
}

proctype Supervisor() {
  byte w, c;
end_watching:
  do
  :: atomic {
       !locked && (dead[0] || dead[1] || dead[W - 1]) -> locked = true;
       if :: dead[0] -> w = 0 :: !dead[0] && dead[1] -> w = 1 :: else -> w = W - 1 fi
     };                                                                /* MODEL(death.4) */
     if
     :: job != 0 ->
#ifndef BUG_NO_RESCAN
        do
        :: c == job_count -> break
        :: c < job_count ->
           atomic {
             if
             :: PHASE(words[job_base + c]) == CLAIMED && OWNER(words[job_base + c]) == w + 1 ->
                words[job_base + c] = CHUNK(job, 0, UNCLAIMED)         /* MODEL(mend.4) */
             :: else
             fi;
             c++
           }
        od;
#endif
        c = 0;
        if
        :: PHASE(state) == DONE
        :: else ->
#ifndef HINT_CURSOR_STAYS
           cursor = 0;                                                 /* MODEL(mend.6) */
#endif
#ifndef BUG_DEATH_LEAVES_JOB_RETIRED
           is_active = true
#endif
        fi
     :: else
     fi;
     atomic { locked = false };
#ifndef BUG_NO_WAKE_OF_CALLERS
     caller_asleep = false;                                            /* MODEL(death.6) */
#endif
     WAKE_ALL;                                                         /* MODEL(death.5) */
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
    run Front(); run Supervisor();
#ifdef CANCEL
    run Canceller();
#endif
#if DEATHS > 0
    run Killer()
#endif
  }
}

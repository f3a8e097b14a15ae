/* Stopping what runs, and tasks for one certain worker. README.md says what is abstracted.
 *
 * Worker 0 is asked to run tasks that are directed to its seat, one after the other, and both workers
 * take ordinary ones. Somebody stops one task for real: flag, order to leave, signal, a new worker.
 *
 * Checked: every task ends once, with its value unless it was stopped; only the worker that runs
 * the stopped task is signalled; what runs is never hurt by the stop of another task; a directed task
 * is run on its own seat, and no worker sleeps for ever beside one; every seat is taken again.
 */
#ifndef DEATHS
#define DEATHS 0
#endif
#define W 2
#define DIRECTED 2            /* tasks 0 and 1, for seat 0 */
#define TASKS (DIRECTED + 1)  /* and one for anybody */
#ifndef TARGET
#define TARGET 0              /* which one is stopped */
#endif

#define FREE 0
#define READY 1
#define RUNNING 2
#define DONE 3

/* The arena: a slot per task. */
byte phase[TASKS];
byte owner[TASKS];            /* seat + 1 */
bool flagged[TASKS];
byte directed[W];             /* task + 1 */
bool leave[W];                /* the order of a seat */
bool queued;                  /* the ordinary task's ticket */
byte sleepers;
bool wake[W];

/* The front end, under `locked`. */
bool locked;
bool condemned[W];
bool stop_reason[TASKS];
bool seated[W];
byte ended[TASKS];            /* 1 value, 2 stopped */
byte next;                    /* directed tasks that have been published */

/* The kernel. */
bool sleeping[W];
bool signalled[W];
bool dead[W];
bool gone[W];                 /* some worker of the seat has ended */
chan kill = [0] of { bit };

#define CLAIM(t) phase[t] == READY -> phase[t] = RUNNING; owner[t] = me + 1

proctype Worker(byte me) {
  byte t; bool mine;
seat:
  {
    seated[me];
look:
    if                                                                 /* MODEL(order.1) */
    :: leave[me] -> goto left
    :: else
    fi;
    /* `claimDirectedTask` */
    t = directed[me];                                                  /* MODEL(directed.3) */
    if
    :: t != 0 ->
       t = t - 1;
       atomic { if :: CLAIM(t); mine = true :: else -> mine = false fi };  /* MODEL(directed.4) */
#ifdef BUG_DIRECTED_IS_A_STORE
       directed[me] = 0;
#else
       atomic { if :: directed[me] == t + 1 -> directed[me] = 0 :: else fi };  /* MODEL(directed.5) */
#endif
       if :: mine -> goto execute :: else fi
    :: else
    fi;
    atomic {
      if
      :: queued && phase[DIRECTED] == READY ->
         queued = false; t = DIRECTED; phase[t] = RUNNING; owner[t] = me + 1; mine = true
      :: else -> mine = false; t = 0
      fi
    };
    if
    :: mine ->
execute:
       assert(t >= DIRECTED || me == 0);
       skip;  /* it runs: a stop or a death may come */
       atomic {
         assert(phase[t] == RUNNING && owner[t] == me + 1);
         phase[t] = DONE; t = 0; mine = false;
         goto look
       }
    :: else
    fi;
    /* `Wire.sleep(on:)` */
    wake[me] = true;
    sleepers = sleepers | (1 << me);
#ifdef BUG_SLEEP_BESIDE_DIRECTED
    if :: queued || leave[me] ->
#elif defined(BUG_SLEEP_WITH_AN_ORDER)  /* as the code once did */
    if :: queued || directed[me] != 0 ->
#else
    if :: queued || directed[me] != 0 || leave[me] ->                  /* MODEL(sleep.3) */
#endif
       sleepers = sleepers & ~(1 << me); wake[me] = false; goto look
    :: else
    fi;
    do
    :: atomic { if :: wake[me] -> sleeping[me] = true :: else -> break fi };
end_asleep:
       !sleeping[me]
    od;
    sleepers = sleepers & ~(1 << me);
    goto look;
left:
    atomic { gone[me] = true; dead[me] = true; seated[me] = false }
  } unless {
    if
    :: kill?_
    :: atomic { signalled[me] -> signalled[me] = false }
    fi;
    atomic { gone[me] = true; dead[me] = true; seated[me] = false; sleeping[me] = false; t = 0; mine = false }
  };
end_dead:
  !dead[me];
  goto seat
}

#define WAKE(i) sleepers = sleepers & ~(1 << (i)); wake[i] = false; sleeping[i] = false

/* Publishes the ordinary task, and the directed ones one after the other; collects what is done. */
proctype FrontEnd() {
  byte t;
  bool was;
  atomic { phase[DIRECTED] = READY; queued = true; WAKE(0); WAKE(1) };
  do
  :: atomic {                                                          /* MODEL(directed.1) */
       !locked && next < DIRECTED && (next == 0 || ended[next - 1] != 0) ->
       locked = true; t = next; next++
     };
#ifdef BUG_DIRECTED_BEFORE_STATE
     directed[0] = t + 1; phase[t] = READY;
#else
     phase[t] = READY;
     directed[0] = t + 1;                                              /* MODEL(directed.2) */
#endif
     atomic {
       was = sleepers & 1; sleepers = sleepers & ~1;
       if :: was -> wake[0] = false; sleeping[0] = false :: else fi;
       was = false; t = 0; locked = false
     }
  :: atomic {
       !locked && (phase[0] == DONE || phase[1] == DONE || phase[2] == DONE) ->
       if :: phase[0] == DONE -> t = 0 :: phase[1] == DONE -> t = 1 :: else -> t = 2 fi;
       assert(ended[t] == 0);
       ended[t] = (stop_reason[t] -> 2 : 1);
       phase[t] = FREE; owner[t] = 0; t = 0
     }
  :: atomic { ended[0] != 0 && ended[1] != 0 && ended[2] != 0 -> break }
  od;
  /* Every seat is taken again, by a worker that stays. */
  seated[0] && seated[1] && !leave[0] && !leave[1];
  assert(ended[0] == 1 || TARGET == 0);
  assert(ended[1] == 1 || TARGET == 1);
  assert(ended[2] == 1 || TARGET == 2)
}

/* Stops one task for real, once it runs. */
proctype Stopper() {
  byte s; bool before, guilty;
end_never:
  atomic { !locked && phase[TARGET] == RUNNING -> locked = true };
  flagged[TARGET] = true;
  atomic {
    if :: phase[TARGET] == RUNNING -> s = owner[TARGET] :: else -> s = 0 fi
  };
  if
  :: s == 0
  :: else ->
     s = s - 1;
#ifdef BUG_LOOK_BEFORE_ORDER
     guilty = (phase[TARGET] == RUNNING && owner[TARGET] == s + 1);
     atomic { before = leave[s]; leave[s] = true };
#else
     atomic { before = leave[s]; leave[s] = true };                    /* MODEL(order.2) */
     guilty = (phase[TARGET] == RUNNING && owner[TARGET] == s + 1);    /* MODEL(order.3) */
#endif
     if
     :: guilty ->
        atomic {                                                       /* MODEL(order.4) */
          stop_reason[TARGET] = true;
          if
          :: condemned[s]
          :: else ->
             condemned[s] = true;
             if
             :: dead[s]  /* dead already, and being mended */
             :: else ->
                /* Nobody else's work is ended. */
                assert(phase[0] != RUNNING || owner[0] != s + 1 || TARGET == 0);
                assert(phase[1] != RUNNING || owner[1] != s + 1 || TARGET == 1);
                assert(phase[2] != RUNNING || owner[2] != s + 1 || TARGET == 2);
                signalled[s] = true
             fi
          fi
        }
     :: else ->
#ifndef HINT_ORDER_STAYS
        if :: !before -> leave[s] = false :: else fi                   /* MODEL(order.5) */
#endif
     fi
  fi;
  locked = false
}

/* `dismissSurplus`: an order to leave for whoever sits on seat 1, which the pool has too many of. */
proctype Dismisser() {
  atomic { !locked && seated[1] -> leave[1] = true };                  /* MODEL(order.6) */
  atomic { sleepers = sleepers & ~2 };
  atomic { wake[1] = false; sleeping[1] = false };
  gone[1]
}

proctype Supervisor() {
  byte w, t;
end_watching:
  do
  :: atomic {
       !locked && (dead[0] || dead[1]) ->
       locked = true;
       if :: dead[0] -> w = 0 :: else -> w = 1 fi;
       condemned[w] = false; signalled[w] = false; t = 0
     };
     do
     :: t == TASKS -> break
     :: t < TASKS ->
        atomic {
          if
          :: phase[t] == RUNNING && owner[t] == w + 1 ->
             owner[t] = 0;
             if
             :: stop_reason[t] -> assert(ended[t] == 0); ended[t] = 2; phase[t] = FREE
             :: else ->
                phase[t] = READY;  /* it runs again */
                if
                :: t == DIRECTED -> queued = true; WAKE(0); WAKE(1)
#ifndef BUG_DIRECTED_IS_LOST
                :: t != DIRECTED -> directed[0] = t + 1
#else
                :: t != DIRECTED
#endif
                fi
             fi
          :: else
          fi;
          t++
        }
     od;
     atomic {
       /* `startMissingWorkers`, for the next one on the seat. */
       t = 0;
       leave[w] = false;
       WAKE(0); WAKE(1);
       dead[w] = false; seated[w] = true; w = 0; locked = false
     }
  od
}

proctype Killer() {
end_first:
  kill!0
#if DEATHS > 1
  ;
end_second:
  kill!0
#endif
}

init {
  atomic {
    seated[0] = true; seated[1] = true;
    run Worker(0); run Worker(1); run FrontEnd(); run Supervisor();
#ifdef DISMISS
    run Dismisser();
#else
    run Stopper();
#endif
#if DEATHS > 0
    run Killer()
#endif
  }
}

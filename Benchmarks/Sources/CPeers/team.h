// Threads that share a loop, inside this target only.
#pragma once

/// Runs `body` once on each thread with its part of 0 ..< count, and waits for all of them.
void peer_team_run(long count, void (*body)(int thread, long first, long last));

/// The threads there are, the caller among them.
int peer_team_size(void);

enum { PEER_TEAM_LIMIT = 256 };

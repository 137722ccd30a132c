// In the place of the DHT's module: one that another version of the program would load. For tests/e2e/test_dht.py.
#include <stddef.h>

const char peer_dht_identity[] = "peerProcess 0.0.0 of somebody else";

void* peer_dht_open(void) { return NULL; }

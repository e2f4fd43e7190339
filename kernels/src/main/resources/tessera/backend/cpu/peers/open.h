/* All adapters, and how one is opened on a library. Included by harness.c. */
static const adapter *const adapters[] = {&openblas_plain,  &onednn_plain,      &onednn_prepared, &mkl_plain,
                                          &mkl_prepared,    &aocl_dlp_plain,    &aocl_dlp_prepared, &libxsmm_prepared};

static const adapter *adapter_named(const char *name) {
  for (size_t i = 0; i < sizeof adapters / sizeof *adapters; i++)
    if (!strcmp(adapters[i]->name, name)) return adapters[i];
  return NULL;
}

/* A library by an adapter; NULL with a message when it cannot be loaded, or lacks a symbol.
 * version: as the library says it; empty where it does not. */
void *harness_peer(const char *path, const char *name, int threads, char *version, char *message, int capacity) {
  peer *x = calloc(1, sizeof *x);
  if (!x || !(x->adapter = adapter_named(name))) {
    snprintf(message, (size_t)capacity, "there is no adapter %s", name);
    free(x);
    return NULL;
  }
  x->threads = threads;
  const signal_handlers before = handlers_now();
  x->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  handlers_restore(&before);
  if (!x->library) {
    snprintf(message, (size_t)capacity, "it cannot be loaded (%s)", dlerror());
    free(x);
    return NULL;
  }
  for (int i = 0; i < MOST_PEER_SYMBOLS && x->adapter->symbols[i]; i++)
    if (!(x->symbols[i] = dlsym(x->library, x->adapter->symbols[i]))) {
      snprintf(message, (size_t)capacity, "it has no function %s", x->adapter->symbols[i]);
      free(x);
      return NULL;
    }
  version[0] = 0;
  if (x->adapter->version) x->adapter->version(x, version, (size_t)capacity);
  handlers_restore(&before);
  return x;
}

void harness_peer_close(peer *x) { free(x); }

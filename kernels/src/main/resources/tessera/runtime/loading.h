/* The library in a bundle's folder: every file is checked, and the library is loaded from the bytes that were checked. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sha256.h"

static const char library_name[] = "libtessera.so";

/* Letters, digits and . _ + - in parts that do not begin with . + or -: such a name does not lead out of the folder. */
static int is_safe_name(const char *name) {
  static const char others[] = "/.+-", letters[] = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (char last = '/'; *name; last = *name++)
    if (last == '/' ? !strchr(letters, *name) : !strchr(letters, *name) && !strchr(others, *name)) return 0;
  return 1;
}

/* A plain file of the folder that no link leads to; NULL where it is none. */
static FILE *open_inside(const char *folder, const char *name) {
  char path[4096];
  struct stat found;
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length >= (int)sizeof path) return NULL;
  for (char *end = path + length - strlen(name); (end = strchr(end, '/')); *end++ = '/') {
    *end = 0;
    if (lstat(path, &found) || !S_ISDIR(found.st_mode)) return NULL;
  }
  const int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* a pipe is not waited for */
  if (file >= 0 && !fstat(file, &found) && S_ISREG(found.st_mode)) return fdopen(file, "rb");
  if (file >= 0) close(file);
  return NULL;
}

/* Whether a line of SHA256SUMS names a file that is there, unchanged. */
static int check_line(const char *folder, char *line, char library[65]) {
  char actual[65];
  char *const name = line + 66, *const end = strchr(line, '\n');
  if (!end || strspn(line, "0123456789abcdef") != 64 || strncmp(line + 64, "  ", 2) || end == name) return 0;
  line[64] = *end = 0;
  FILE *file = is_safe_name(name) ? open_inside(folder, name) : NULL;
  if (!file) return 0;
  const int same = sha256_file(file, -1, actual) && !strcmp(actual, line);
  fclose(file);
  if (!strcmp(name, library_name)) memcpy(library, line, 65);
  return same;
}

/* Every file that SHA256SUMS lists is there, unchanged, the library among them. */
static tessera_status check_files(const char *folder, char library[65]) {
  char line[1200];
  FILE *sums = open_inside(folder, "SHA256SUMS");
  if (!sums) return TESSERA_NOT_FOUND;
  int same = 1;
  *library = 0;
  while (same && fgets(line, sizeof line, sums)) same = check_line(folder, line, library);
  fclose(sums);
  return same && *library ? TESSERA_OK : TESSERA_CORRUPT;
}

/* Libraries that were opened by a folder's path, which stay loaded: the pool's threads run their code until the process ends. */
static struct opened_library {
  char digest[65];
  void *library;
  struct opened_library *next;
} *opened_libraries;

/* Loads a library of a digest from memory that nothing can change any more, so that a file that is swapped now is not what runs. The
 * memory's descriptor stays open, since the loader knows the library by its number. */
static tessera_status load_sealed(const char *folder, struct opened_library *opened) {
  enum { CLOSE_ON_EXEC = 1, ALLOW_SEALING = 2, ADD_SEALS = 1033, ALL_SEALS = 0xf };
  char actual[65], path[64];
  FILE *file = open_inside(folder, library_name);
  if (!file) return TESSERA_CORRUPT;
  const int memory = (int)syscall(SYS_memfd_create, library_name, CLOSE_ON_EXEC | ALLOW_SEALING);
  const int copied = memory >= 0 && sha256_file(file, memory, actual) && !fcntl(memory, ADD_SEALS, ALL_SEALS);
  fclose(file);
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
  const int same = copied && !strcmp(actual, opened->digest);
  if (same) opened->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!opened->library && memory >= 0) close(memory);
  return !copied ? TESSERA_DEVICE_ERROR : !same ? TESSERA_CORRUPT : opened->library ? TESSERA_OK : TESSERA_DEVICE_MISMATCH;
}

static tessera_status load_library(const char *folder, const char digest[65], void **library) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  tessera_status status = TESSERA_OK;
  pthread_mutex_lock(&lock);
  struct opened_library *found = opened_libraries;
  while (found && strcmp(found->digest, digest)) found = found->next;
  if (!found) {
    found = calloc(1, sizeof *found);
    if (found) memcpy(found->digest, digest, 65);
    status = found ? load_sealed(folder, found) : TESSERA_DEVICE_ERROR;
    if (status == TESSERA_OK) {
      found->next = opened_libraries;
      opened_libraries = found;
    } else {
      free(found);
    }
  }
  if (status == TESSERA_OK) *library = found->library;
  pthread_mutex_unlock(&lock);
  return status;
}

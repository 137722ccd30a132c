// A disk that fails on demand: preloaded into peerProcess by tests/e2e/faults.py, never part of the product.
//
// Counts the calls below whose path matches a pattern, and at the n-th one kills the process or fails. Told by its
// environment (docs/TESTING.md, "Faults of disk and clock"):
//   FAULT_PATH    fnmatch(3) pattern for the absolute path of the file; without it nothing matches
//   FAULT_CALLS   which calls, separated by commas, by the names in kNames; all when it is missing
//   FAULT_AT      the number of the call, from 1; 0 or missing: never
//   FAULT_ACTION  kill-before, kill-after, kill-middle (half of a write, then dead; other calls as before), or an errno
//   FAULT_COUNT   how many calls from FAULT_AT on fail with the errno; 0 or missing: all
//   FAULT_WHILE   a path; calls fail only while it exists
//   FAULT_LOG     every matching call appends a line: its number, name and path
//   FAULT_CLOCK   a file with seconds that are added to the system's clock; none while it does not exist
//   FAULT_STEADY  the same for the steady clock, by which the process measures time
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum call { OPEN, WRITE, ALLOCATE, RESIZE, RENAME, UNLINK, SYNC, CHMOD, READ, SENDFILE, LINK };
static const char* const kNames[] = {"open", "write", "allocate", "resize",   "rename", "unlink",
                                     "sync", "chmod", "read",     "sendfile", "link"};

static struct {
  const char *path, *calls, *action, *while_exists, *log, *clock, *steady;
  long at, count;
  int error;  // 0: kill
} fault;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long seen;
static __thread int inside;  // our own calls do not count

__attribute__((constructor)) static void set_up(void) {
  fault.path = getenv("FAULT_PATH");
  fault.calls = getenv("FAULT_CALLS");
  fault.action = getenv("FAULT_ACTION");
  fault.while_exists = getenv("FAULT_WHILE");
  fault.log = getenv("FAULT_LOG");
  fault.clock = getenv("FAULT_CLOCK");
  fault.steady = getenv("FAULT_STEADY");
  fault.at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
  fault.count = getenv("FAULT_COUNT") ? atol(getenv("FAULT_COUNT")) : 0;
  fault.error = fault.action ? atoi(fault.action) : 0;
}

static int is_meant(enum call call) {
  if (!fault.calls) return 1;
  const size_t length = strlen(kNames[call]);
  for (const char* at = fault.calls; (at = strstr(at, kNames[call])); at += length)
    if ((at == fault.calls || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return 1;
  return 0;
}

static void absolute(int dir, const char* path, char* result) {
  if (path[0] == '/') {
    snprintf(result, PATH_MAX, "%s", path);
    return;
  }
  char folder[PATH_MAX] = "", link[64];
  if (dir == AT_FDCWD) {
    if (!getcwd(folder, sizeof folder)) folder[0] = 0;
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    const ssize_t n = readlink(link, folder, sizeof folder - 1);
    folder[n < 0 ? 0 : n] = 0;
  }
  while (path[0] == '.' && path[1] == '/') path += 2;
  if (snprintf(result, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX) result[0] = 0;
}

static void path_of(int fd, char* result) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, result, PATH_MAX - 1);
  result[n < 0 ? 0 : n] = 0;
}

/// What shall become of a call.
enum fate { AS_USUAL, FAIL, KILL_BEFORE, KILL_MIDDLE, KILL_AFTER };

static enum fate decide(enum call call, const char* path) {
  if (inside || !fault.path || !is_meant(call) || fnmatch(fault.path, path, 0) != 0) return AS_USUAL;
  inside = 1;
  pthread_mutex_lock(&mutex);
  const int whiled = !fault.while_exists || access(fault.while_exists, F_OK) == 0;
  const long number = ++seen;
  if (fault.log) {
    char line[PATH_MAX + 64];
    const int length = snprintf(line, sizeof line, "%ld %s %s\n", number, kNames[call], path);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, fault.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd >= 0) {
      if (syscall(SYS_write, fd, line, (size_t)length) < 0) abort();
      close(fd);
    }
  }
  enum fate fate = AS_USUAL;
  if (fault.at > 0 && fault.action && whiled) {
    if (fault.error) {
      if (number >= fault.at && (fault.count == 0 || number < fault.at + fault.count)) fate = FAIL;
    } else if (number == fault.at) {
      fate = !strcmp(fault.action, "kill-before")   ? KILL_BEFORE
             : !strcmp(fault.action, "kill-middle") ? KILL_MIDDLE
                                                    : KILL_AFTER;
    }
  }
  pthread_mutex_unlock(&mutex);
  inside = 0;
  return fate;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(type, name, ...)       \
  static type (*real)(__VA_ARGS__); \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, name)

/// Round a call: what happens before it, and what after.
#define FATED(call, path, doing)                           \
  do {                                                     \
    const enum fate fate = decide(call, path);             \
    if (fate == KILL_BEFORE || fate == KILL_MIDDLE) die(); \
    if (fate == FAIL) return errno = fault.error, -1;      \
    const __typeof__(doing) result = doing;                \
    if (fate == KILL_AFTER) die();                         \
    return result;                                         \
  } while (0)

#define WITH_PATH(dir, path) \
  char where[PATH_MAX];      \
  absolute(dir, path, where)
#define WITH_FD(fd)     \
  char where[PATH_MAX]; \
  path_of(fd, where)

#define OPEN_MODE                      \
  mode_t mode = 0;                     \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list arguments;                 \
    va_start(arguments, flags);        \
    mode = va_arg(arguments, mode_t);  \
    va_end(arguments);                 \
  }

int open(const char* path, int flags, ...) {
  REAL(int, "open", const char*, int, ...);
  OPEN_MODE
  WITH_PATH(AT_FDCWD, path);
  FATED(OPEN, where, real(path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  REAL(int, "open64", const char*, int, ...);
  OPEN_MODE
  WITH_PATH(AT_FDCWD, path);
  FATED(OPEN, where, real(path, flags, mode));
}
int openat(int dir, const char* path, int flags, ...) {
  REAL(int, "openat", int, const char*, int, ...);
  OPEN_MODE
  WITH_PATH(dir, path);
  FATED(OPEN, where, real(dir, path, flags, mode));
}
int openat64(int dir, const char* path, int flags, ...) {
  REAL(int, "openat64", int, const char*, int, ...);
  OPEN_MODE
  WITH_PATH(dir, path);
  FATED(OPEN, where, real(dir, path, flags, mode));
}
FILE* fopen(const char* path, const char* how) {
  REAL(FILE*, "fopen", const char*, const char*);
  WITH_PATH(AT_FDCWD, path);
  const enum fate fate = decide(OPEN, where);
  if (fate == KILL_BEFORE || fate == KILL_MIDDLE) die();
  if (fate == FAIL) return errno = fault.error, NULL;
  FILE* const result = real(path, how);
  if (fate == KILL_AFTER) die();
  return result;
}

/// Half of what was to be written, and the end.
static void die_in_the_middle(int fd, const void* bytes, size_t count, off_t offset) {
  inside = 1;
  const long written =
      offset < 0 ? syscall(SYS_write, fd, bytes, count / 2) : syscall(SYS_pwrite64, fd, bytes, count / 2, offset);
  if (written >= 0) die();
  die();
}

#define FATED_WRITE(offset, doing)                                        \
  do {                                                                    \
    WITH_FD(fd);                                                          \
    const enum fate fate = decide(WRITE, where);                          \
    if (fate == KILL_BEFORE) die();                                       \
    if (fate == KILL_MIDDLE) die_in_the_middle(fd, bytes, count, offset); \
    if (fate == FAIL) return errno = fault.error, -1;                     \
    const ssize_t result = doing;                                         \
    if (fate == KILL_AFTER) die();                                        \
    return result;                                                        \
  } while (0)

ssize_t write(int fd, const void* bytes, size_t count) {
  REAL(ssize_t, "write", int, const void*, size_t);
  FATED_WRITE(-1, real(fd, bytes, count));
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  REAL(ssize_t, "pwrite", int, const void*, size_t, off_t);
  FATED_WRITE(offset, real(fd, bytes, count, offset));
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  REAL(ssize_t, "pwrite64", int, const void*, size_t, off64_t);
  FATED_WRITE(offset, real(fd, bytes, count, offset));
}
/// Streams end up in the C library's own write(): what a stream holds counts when it is flushed.
int fflush(FILE* stream) {
  REAL(int, "fflush", FILE*);
  if (!stream) return real(stream);
  WITH_FD(fileno(stream));
  FATED(WRITE, where, real(stream));
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec*, int);
  WITH_FD(fd);
  FATED(WRITE, where, real(fd, parts, count));
}
ssize_t pread(int fd, void* bytes, size_t count, off_t offset) {
  REAL(ssize_t, "pread", int, void*, size_t, off_t);
  WITH_FD(fd);
  FATED(READ, where, real(fd, bytes, count, offset));
}
ssize_t pread64(int fd, void* bytes, size_t count, off64_t offset) {
  REAL(ssize_t, "pread64", int, void*, size_t, off64_t);
  WITH_FD(fd);
  FATED(READ, where, real(fd, bytes, count, offset));
}
ssize_t sendfile(int to, int from, off_t* offset, size_t count) {
  REAL(ssize_t, "sendfile", int, int, off_t*, size_t);
  WITH_FD(from);
  FATED(SENDFILE, where, real(to, from, offset, count));
}
ssize_t sendfile64(int to, int from, off64_t* offset, size_t count) {
  REAL(ssize_t, "sendfile64", int, int, off64_t*, size_t);
  WITH_FD(from);
  FATED(SENDFILE, where, real(to, from, offset, count));
}
/// A disk that is full keeps what it had room for, as ext4 does.
static int fated_fallocate(int (*real)(int, int, off64_t, off64_t), int fd, int mode, off64_t offset, off64_t length) {
  WITH_FD(fd);
  const enum fate fate = decide(ALLOCATE, where);
  if (fate == KILL_BEFORE || fate == KILL_MIDDLE) die();
  if (fate == FAIL) {
    if (fault.error == ENOSPC) real(fd, mode, offset, length / 2);
    errno = fault.error;
    return -1;
  }
  const int result = real(fd, mode, offset, length);
  if (fate == KILL_AFTER) die();
  return result;
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  REAL(int, "fallocate64", int, int, off64_t, off64_t);
  return fated_fallocate(real, fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  REAL(int, "fallocate64", int, int, off64_t, off64_t);
  return fated_fallocate(real, fd, mode, offset, length);
}
/// Returns its error.
static int fated_posix_fallocate(int (*real)(int, off64_t, off64_t), int fd, off64_t offset, off64_t length) {
  WITH_FD(fd);
  const enum fate fate = decide(ALLOCATE, where);
  if (fate == KILL_BEFORE || fate == KILL_MIDDLE) die();
  if (fate == FAIL) return fault.error;
  const int result = real(fd, offset, length);
  if (fate == KILL_AFTER) die();
  return result;
}
int posix_fallocate(int fd, off_t offset, off_t length) {
  REAL(int, "posix_fallocate64", int, off64_t, off64_t);
  return fated_posix_fallocate(real, fd, offset, length);
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  REAL(int, "posix_fallocate64", int, off64_t, off64_t);
  return fated_posix_fallocate(real, fd, offset, length);
}
int ftruncate(int fd, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  WITH_FD(fd);
  FATED(RESIZE, where, real(fd, length));
}
int ftruncate64(int fd, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  WITH_FD(fd);
  FATED(RESIZE, where, real(fd, length));
}
int rename(const char* from, const char* to) {
  REAL(int, "rename", const char*, const char*);
  WITH_PATH(AT_FDCWD, from);
  FATED(RENAME, where, real(from, to));
}
int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  REAL(int, "renameat", int, const char*, int, const char*);
  WITH_PATH(from_dir, from);
  FATED(RENAME, where, real(from_dir, from, to_dir, to));
}
int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  REAL(int, "renameat2", int, const char*, int, const char*, unsigned);
  WITH_PATH(from_dir, from);
  FATED(RENAME, where, real(from_dir, from, to_dir, to, flags));
}
int linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) {
  REAL(int, "linkat", int, const char*, int, const char*, int);
  WITH_PATH(to_dir, to);
  FATED(LINK, where, real(from_dir, from, to_dir, to, flags));
}
int unlink(const char* path) {
  REAL(int, "unlink", const char*);
  WITH_PATH(AT_FDCWD, path);
  FATED(UNLINK, where, real(path));
}
int remove(const char* path) {
  REAL(int, "remove", const char*);
  WITH_PATH(AT_FDCWD, path);
  FATED(UNLINK, where, real(path));
}
int fsync(int fd) {
  REAL(int, "fsync", int);
  WITH_FD(fd);
  FATED(SYNC, where, real(fd));
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  WITH_FD(fd);
  FATED(SYNC, where, real(fd));
}
int fchmodat(int dir, const char* path, mode_t mode, int flags) {
  REAL(int, "fchmodat", int, const char*, mode_t, int);
  WITH_PATH(dir, path);
  FATED(CHMOD, where, real(dir, path, mode, flags));
}
int fchmod(int fd, mode_t mode) {
  REAL(int, "fchmod", int, mode_t);
  WITH_FD(fd);
  FATED(CHMOD, where, real(fd, mode));
}

/// The seconds in a file.
static long clock_offset(const char* path) {
  if (!path || inside) return 0;
  char text[32] = "";
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const long n = syscall(SYS_read, fd, text, sizeof text - 1);
  close(fd);
  return n > 0 ? atol(text) : 0;
}
int clock_gettime(clockid_t clock, struct timespec* now) {
  REAL(int, "clock_gettime", clockid_t, struct timespec*);
  const int result = real(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += clock_offset(fault.clock);
  if (result == 0 && clock == CLOCK_MONOTONIC) now->tv_sec += clock_offset(fault.steady);
  return result;
}
time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result) *result = now.tv_sec;
  return now.tv_sec;
}

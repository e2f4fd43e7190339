/* How many cores this process may use: those of its affinity mask (sched_setaffinity, taskset, cpuset), as far as the CPU quotas of its
 * control groups go (cgroup v2: cpu.max; v1: cpu.cfs_quota_us). A quota of 1.5 cores gives 2: one core is throttled for half of the time.
 */
#ifndef TESSERA_CORES_H
#define TESSERA_CORES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  double cores; /* 0: no quota */
  const char *file;
} tessera_quota;

static void tessera_stricter(tessera_quota *quota, double cores, const char *file) {
  if (cores > 0 && (quota->cores == 0 || cores < quota->cores)) *quota = (tessera_quota){cores, file};
}

static double tessera_number(const char *folder, const char *file) {
  char path[PATH_MAX];
  double number = 0;
  if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path) return 0;
  FILE *in = fopen(path, "r");
  if (!in) return 0;
  if (fscanf(in, "%lf", &number) != 1) number = 0;
  fclose(in);
  return number;
}

/* What one group allows: "150000 100000" or "max 100000" in cpu.max, or two files of microseconds, -1 for no quota. */
static void tessera_group_quota(const char *group, tessera_quota *quota) {
  char path[PATH_MAX];
  double time, period;
  if (snprintf(path, sizeof path, "%s/cpu.max", group) < (int)sizeof path) {
    FILE *in = fopen(path, "r");
    if (in) {
      if (fscanf(in, "%lf %lf", &time, &period) == 2 && period > 0) tessera_stricter(quota, time / period, "cpu.max");
      fclose(in);
    }
  }
  time = tessera_number(group, "cpu.cfs_quota_us"), period = tessera_number(group, "cpu.cfs_period_us");
  if (period > 0) tessera_stricter(quota, time / period, "cpu.cfs_quota_us");
}

/* A group and all above it, up to where its hierarchy is mounted. A container sees its own group there, whatever its path says. */
static void tessera_quota_above(const char *mount, const char *group, tessera_quota *quota) {
  char path[PATH_MAX];
  const size_t root = strlen(mount);
  if (snprintf(path, sizeof path, "%s%s", mount, group) >= (int)sizeof path) return;
  for (char *end = path + strlen(path); end; end = strrchr(path + root, '/')) {
    *end = 0;
    tessera_group_quota(path, quota);
  }
}

/* The strictest quota of the process whose /proc/self/cgroup, and whose /sys/fs/cgroup, lie under `root` ("" for this process). */
static tessera_quota tessera_cpu_quota(const char *root) {
  tessera_quota quota = {0, ""};
  char line[PATH_MAX], mount[PATH_MAX + 64];
  snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
  FILE *groups = fopen(line, "r");
  if (!groups) return quota;
  while (fgets(line, sizeof line, groups)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *controllers++ = 0, *group++ = 0;
    char names[PATH_MAX + 2];
    snprintf(names, sizeof names, ",%s,", controllers);
    if (*controllers && !strstr(names, ",cpu,")) continue;
    const char *const places[] = {"", "/cpu", "/cpu,cpuacct"};
    for (int i = *controllers ? 1 : 0; i < (*controllers ? 3 : 1); i++) {
      snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, places[i]);
      tessera_quota_above(mount, group, &quota);
    }
  }
  fclose(groups);
  return quota;
}

/* By the affinity mask alone. */
static int tessera_allowed_cores(void) {
  cpu_set_t set;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return !sched_getaffinity(0, sizeof set, &set) ? CPU_COUNT(&set) : online > 0 ? (int)online : 1;
}

static int tessera_usable_cores(void) {
  const int allowed = tessera_allowed_cores();
  const double quota = tessera_cpu_quota("").cores;
  return quota == 0 || quota > allowed - 1 ? allowed : (int)quota + (quota > (int)quota);
}

/* The threads of a call where nobody sets them: OMP_NUM_THREADS asks for fewer than all usable cores. */
static int tessera_default_threads(void) {
  const int cores = tessera_usable_cores();
  const char *wanted = getenv("OMP_NUM_THREADS");
  const long threads = wanted ? strtol(wanted, NULL, 10) : 0;
  return threads > 0 && threads < cores ? (int)threads : cores;
}

#endif

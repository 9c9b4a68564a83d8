// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: bounds the heap as a small device does, and prints a refused request in the form of the ESP8266's SDK (E:M n).
// HEAP_LIMIT bytes may be in use at a time; TLS_HEAP_AFTER=N lets the first N bytes ever allocated pass uncounted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t used;
static size_t limit;
static int ready;

static void refuse(size_t size) {
  char text[32];
  // What the SDK counts: the request with its header of 16 bytes, rounded up to 8.
  const int length = snprintf(text, sizeof text, "E:M %zu\n", (size + 16 + 7) / 8 * 8);
  if (write(1, text, (size_t)length) < 0) return;
}

static int over(size_t size) {
  if (!ready) {
    ready = 1;
    const char* text = getenv("HEAP_LIMIT");
    limit = text != NULL ? strtoul(text, NULL, 10) : 0;
  }
  if (limit == 0 || size < 256 || used + size <= limit) return 0;
  refuse(size);
  return 1;
}

void* calloc(size_t count, size_t size) {
  static void* (*real)(size_t, size_t);
  static char early[4096];
  static size_t early_used;
  static int resolving;
  if (real == NULL) {
    if (resolving) {  // dlsym() itself calls calloc
      void* piece = early + early_used;
      early_used += (count * size + 15) / 16 * 16;
      return piece;
    }
    resolving = 1;
    real = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
  }
  if (over(count * size)) return NULL;
  void* pointer = real(count, size);
  if (pointer != NULL) used += malloc_usable_size(pointer);
  return pointer;
}

void free(void* pointer) {
  static void (*real)(void*);
  if (real == NULL) real = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  if (pointer == NULL) return;
  const size_t size = malloc_usable_size(pointer);
  used = used > size ? used - size : 0;
  real(pointer);
}

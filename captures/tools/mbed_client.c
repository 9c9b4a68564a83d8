// SPDX-License-Identifier: Apache-2.0
// A TLS client on Mbed TLS 2.28 that prints what ESP-IDF style firmware prints: steps with ticks, Mbed TLS debug lines, the code, and the
// verify flags in words. Options choose the fault. Used by make.sh; the clock can be set with libfaketime from outside.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/timing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct timespec started;
static const char* tag = "tls_client";

static long ticks(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 2000 + (now.tv_sec - started.tv_sec) * 1000 + (now.tv_nsec - started.tv_nsec) / 1000000;
}

static void debug(void* context, int level, const char* file, int line, const char* text) {
  (void)context;
  (void)level;
  const char* slash = strrchr(file, '/');
  printf("W (%ld) mbedtls: %s:%d %s", ticks(), slash != NULL ? slash + 1 : file, line, text);
}

static const char* option(int argc, char** argv, const char* name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return NULL;
}

static int fail(const char* what, int code) {
  printf("E (%ld) %s: %s returned -0x%04X\n", ticks(), tag, what, (unsigned)-code);
  return 1;
}

// A slow CPU: each certificate of the chain takes `milliseconds` to verify.
static int compute(void* milliseconds, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
  (void)certificate, (void)depth, (void)flags;
  const long ms = *(const long*)milliseconds;
  const struct timespec span = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&span, NULL);
  return 0;
}

// Firmware that is to be looked into prints its secrets to the console, in the form of a key log.
static int print_keys(void* context, const unsigned char* master, const unsigned char* block, size_t mac, size_t key, size_t iv,
                      const unsigned char client_random[32], const unsigned char server_random[32], mbedtls_tls_prf_types prf) {
  (void)context, (void)block, (void)mac, (void)key, (void)iv, (void)server_random, (void)prf;
  printf("I (%ld) %s: CLIENT_RANDOM ", ticks(), tag);
  for (int i = 0; i < 32; ++i) printf("%02x", client_random[i]);
  putchar(' ');
  for (int i = 0; i < 48; ++i) printf("%02x", master[i]);
  putchar('\n');
  return 0;
}

int main(int argc, char** argv) {
  static const int rsa_only[] = {0x002f, 0x003c, 0x0035, 0x003d, 0};
  setvbuf(stdout, NULL, _IOLBF, 0);
  clock_gettime(CLOCK_MONOTONIC, &started);
  const char* host = option(argc, argv, "--host");
  const char* port = option(argc, argv, "--port");
  const char* name = option(argc, argv, "--name");
  const char* send = option(argc, argv, "--send");
  const char* level = option(argc, argv, "--debug");
  const int datagrams = option(argc, argv, "--dtls") != NULL;
  mbedtls_timing_delay_context timer;
  mbedtls_net_context net;
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
  mbedtls_x509_crt ca, own;
  mbedtls_pk_context key;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_net_init(&net);
  mbedtls_ssl_init(&ssl);
  mbedtls_ssl_config_init(&config);
  mbedtls_x509_crt_init(&ca);
  mbedtls_x509_crt_init(&own);
  mbedtls_pk_init(&key);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  int code = mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0);
  if (code != 0) return fail("mbedtls_ctr_drbg_seed", code);
  printf("I (%ld) %s: Connecting to %s:%s\n", ticks(), tag, host, port);
  if (option(argc, argv, "--ca") != NULL) {
    code = mbedtls_x509_crt_parse_file(&ca, option(argc, argv, "--ca"));
    if (code != 0) return fail("mbedtls_x509_crt_parse", code);
  }
  code = mbedtls_net_connect(&net, host, port, datagrams ? MBEDTLS_NET_PROTO_UDP : MBEDTLS_NET_PROTO_TCP);
  if (code != 0) return fail("mbedtls_net_connect", code);
  mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, datagrams ? MBEDTLS_SSL_TRANSPORT_DATAGRAM : MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  mbedtls_ssl_conf_read_timeout(&config, 8000);
  mbedtls_ssl_conf_authmode(&config, option(argc, argv, "--insecure") != NULL ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&config, &ca, NULL);
  if (option(argc, argv, "--suites") != NULL) mbedtls_ssl_conf_ciphersuites(&config, rsa_only);
  if (option(argc, argv, "--max-version") != NULL) mbedtls_ssl_conf_max_version(&config, 3, atoi(option(argc, argv, "--max-version")));
  if (option(argc, argv, "--alpn") != NULL) {
    static const char* protocols[2];
    protocols[0] = option(argc, argv, "--alpn");
    mbedtls_ssl_conf_alpn_protocols(&config, protocols);
  }
  if (option(argc, argv, "--mfl") != NULL) mbedtls_ssl_conf_max_frag_len(&config, (unsigned char)atoi(option(argc, argv, "--mfl")));
  if (option(argc, argv, "--psk") != NULL) {
    const char* identity = option(argc, argv, "--identity");
    mbedtls_ssl_conf_psk(&config, (const unsigned char*)option(argc, argv, "--psk"), strlen(option(argc, argv, "--psk")), (const unsigned char*)identity, strlen(identity));
    static const int psk_only[] = {0x00a8, 0x00ae, 0};
    mbedtls_ssl_conf_ciphersuites(&config, psk_only);
  }
  if (option(argc, argv, "--cert") != NULL) {
    code = mbedtls_x509_crt_parse_file(&own, option(argc, argv, "--cert"));
    if (code != 0) return fail("mbedtls_x509_crt_parse", code);
    code = mbedtls_pk_parse_keyfile(&key, option(argc, argv, "--key"), NULL);
    if (code != 0) return fail("mbedtls_pk_parse_keyfile", code);
    mbedtls_ssl_conf_own_cert(&config, &own, &key);
  }
  static long each = 0;
  if (option(argc, argv, "--compute") != NULL) {
    each = atol(option(argc, argv, "--compute"));
    mbedtls_ssl_conf_verify(&config, compute, &each);
  }
  if (option(argc, argv, "--print-keys") != NULL) mbedtls_ssl_conf_export_keys_ext_cb(&config, print_keys, NULL);
  mbedtls_ssl_conf_dbg(&config, debug, NULL);
  mbedtls_debug_set_threshold(level != NULL ? atoi(level) : 0);
  code = mbedtls_ssl_setup(&ssl, &config);
  if (code != 0) return fail("mbedtls_ssl_setup", code);
  if (name == NULL) name = host;
  if (strcmp(name, "-") != 0) mbedtls_ssl_set_hostname(&ssl, name);
  mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, NULL, mbedtls_net_recv_timeout);
  if (datagrams) mbedtls_ssl_set_timer_cb(&ssl, &timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
  printf("I (%ld) %s: Performing the SSL/TLS handshake...\n", ticks(), tag);
  while ((code = mbedtls_ssl_handshake(&ssl)) != 0) {
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) continue;
    printf("E (%ld) %s: mbedtls_ssl_handshake returned -0x%04X\n", ticks(), tag, (unsigned)-code);
    const uint32_t flags = mbedtls_ssl_get_verify_result(&ssl);
    if (flags != 0 && flags != 0xFFFFFFFFU) {
      char text[512];
      mbedtls_x509_crt_verify_info(text, sizeof text, "  ! ", flags);
      printf("I (%ld) %s: Failed to verify peer certificate!\n", ticks(), tag);
      printf("I (%ld) %s: verification info: %s", ticks(), tag, text);
    }
    mbedtls_net_free(&net);
    return 1;
  }
  printf("I (%ld) %s: TLS handshake complete, %s\n", ticks(), tag, mbedtls_ssl_get_ciphersuite(&ssl));
  if (send != NULL) {
    unsigned char answer[256];
    mbedtls_ssl_write(&ssl, (const unsigned char*)send, strlen(send));
    code = mbedtls_ssl_read(&ssl, answer, sizeof answer);
    if (code > 0) printf("I (%ld) %s: %d bytes read\n", ticks(), tag, code);
    if (code <= 0) printf("E (%ld) %s: mbedtls_ssl_read returned -0x%04X\n", ticks(), tag, (unsigned)-code);
  }
  mbedtls_ssl_close_notify(&ssl);
  mbedtls_net_free(&net);
  return 0;
}

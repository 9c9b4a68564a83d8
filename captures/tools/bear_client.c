// SPDX-License-Identifier: Apache-2.0
// A small TLS client on BearSSL that prints its error number as sketches for the ESP8266 do (getLastSSLError).
#include <bearssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char ca_der[4096];
static br_x509_decoder_context decoder;
static unsigned char name_bytes[1024];
static size_t name_size;

static void append_name(void* context, const void* bytes, size_t size) {
  (void)context;
  if (name_size + size > sizeof name_bytes) return;
  memcpy(name_bytes + name_size, bytes, size);
  name_size += size;
}

static int low_read(void* context, unsigned char* bytes, size_t size) {
  const ssize_t got = read(*(int*)context, bytes, size);
  return got <= 0 ? -1 : (int)got;
}

static int low_write(void* context, const unsigned char* bytes, size_t size) {
  const ssize_t done = write(*(int*)context, bytes, size);
  return done <= 0 ? -1 : (int)done;
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;  // address port name ca.der
  setvbuf(stdout, NULL, _IOLBF, 0);
  FILE* file = fopen(argv[4], "rb");
  if (file == NULL) return 2;
  const size_t size = fread(ca_der, 1, sizeof ca_der, file);
  fclose(file);
  br_x509_decoder_init(&decoder, append_name, NULL);
  br_x509_decoder_push(&decoder, ca_der, size);
  br_x509_trust_anchor anchor;
  memset(&anchor, 0, sizeof anchor);
  anchor.dn.data = name_bytes;
  anchor.dn.len = name_size;
  anchor.flags = BR_X509_TA_CA;
  anchor.pkey = *br_x509_decoder_get_pkey(&decoder);
  br_ssl_client_context client;
  br_x509_minimal_context x509;
  static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
  br_ssl_client_init_full(&client, &x509, &anchor, 1);
  br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
  br_ssl_client_reset(&client, argv[3], 0);
  struct sockaddr_in peer;
  memset(&peer, 0, sizeof peer);
  peer.sin_family = AF_INET;
  peer.sin_port = htons((uint16_t)atoi(argv[2]));
  inet_pton(AF_INET, argv[1], &peer.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  printf("[BearSSL] connecting to %s:%s\n", argv[3], argv[2]);
  if (connect(fd, (struct sockaddr*)&peer, sizeof peer) != 0) {
    perror("connect");
    return 1;
  }
  br_sslio_context io;
  br_sslio_init(&io, &client.eng, low_read, &fd, low_write, &fd);
  const char request[] = "GET / HTTP/1.0\r\n\r\n";
  unsigned char answer[256];
  br_sslio_write_all(&io, request, strlen(request));
  br_sslio_flush(&io);
  const int got = br_sslio_read(&io, answer, sizeof answer);
  const int error = br_ssl_engine_last_error(&client.eng);
  if (error != 0 || got <= 0) printf("connect failed, getLastSSLError = %d\n", error);
  if (error == 0 && got > 0) printf("connected, %d bytes read\n", got);
  close(fd);
  return error != 0;
}

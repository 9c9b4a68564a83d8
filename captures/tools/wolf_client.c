// SPDX-License-Identifier: Apache-2.0
// A small TLS client on wolfSSL that prints its error as firmware on wolfSSL does.
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 6) return 2;  // address port name ca version(12|13)
  setvbuf(stdout, NULL, _IOLBF, 0);
  wolfSSL_Init();
  WOLFSSL_CTX* context = wolfSSL_CTX_new(strcmp(argv[5], "13") == 0 ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method());
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
  int code = wolfSSL_CTX_load_verify_locations(context, argv[4], NULL);
  if (code != WOLFSSL_SUCCESS) {
    printf("wolfSSL: can't load ca file, error %d\n", code);
    return 1;
  }
  struct sockaddr_in peer;
  memset(&peer, 0, sizeof peer);
  peer.sin_family = AF_INET;
  peer.sin_port = htons((uint16_t)atoi(argv[2]));
  inet_pton(AF_INET, argv[1], &peer.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  printf("connecting to %s:%s\n", argv[3], argv[2]);
  if (connect(fd, (struct sockaddr*)&peer, sizeof peer) != 0) {
    perror("connect");
    return 1;
  }
  WOLFSSL* ssl = wolfSSL_new(context);
  wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, argv[3], (unsigned short)strlen(argv[3]));
  wolfSSL_check_domain_name(ssl, argv[3]);
  wolfSSL_set_fd(ssl, fd);
  code = wolfSSL_connect(ssl);
  if (code != WOLFSSL_SUCCESS) {
    char text[WOLFSSL_MAX_ERROR_SZ];
    const int error = wolfSSL_get_error(ssl, code);
    printf("wolfSSL_connect error %d, %s\n", error, wolfSSL_ERR_error_string((unsigned long)error, text));
    close(fd);
    return 1;
  }
  printf("wolfSSL_connect OK, %s %s\n", wolfSSL_get_version(ssl), wolfSSL_get_cipher(ssl));
  const char request[] = "GET / HTTP/1.0\r\n\r\n";
  char answer[512];
  wolfSSL_write(ssl, request, (int)strlen(request));
  code = wolfSSL_read(ssl, answer, sizeof answer);
  printf("%d bytes read\n", code);
  wolfSSL_shutdown(ssl);
  close(fd);
  return 0;
}

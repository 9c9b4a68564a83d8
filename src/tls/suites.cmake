# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=file.inc -DREGISTRY=tls-ciphersuites.tsv -P suites.cmake: numbers and names of the cipher suites as C++ initialisers,
# so that what a suite protects with is read from its IANA name and not written down a second time.
file(STRINGS "${REGISTRY}" lines REGEX "^0x[0-9A-Fa-f]+\tTLS_")
set(text "// Made by src/tls/suites.cmake; do not edit.\n")
foreach(line ${lines})
  if(line MATCHES "^(0x[0-9A-Fa-f]+)\t(TLS_[A-Z0-9_a-z]+)")
    string(APPEND text "    {${CMAKE_MATCH_1}, \"${CMAKE_MATCH_2}\"},\n")
  endif()
endforeach()
file(WRITE "${OUT}" "${text}")

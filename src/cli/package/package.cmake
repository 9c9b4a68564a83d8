# SPDX-License-Identifier: Apache-2.0
# cpack in the build folder: a Debian package and a tar.gz that runs from wherever it is unpacked.
set(CPACK_PACKAGE_NAME "tlswhy")
set(CPACK_PACKAGE_VENDOR "tlswhy")
set(CPACK_PACKAGE_CONTACT "tlswhy contributors <tlswhy@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "says why a TLS handshake failed, from captures and device logs")
set(CPACK_PACKAGE_DESCRIPTION
"tlswhy reads packet captures, serial logs of devices, or both, and names
the root cause of TLS, DTLS, QUIC and EAP handshakes that failed, with the
evidence, the fix, and the next check that would settle it. It works
offline and knows the error codes and log lines of many TLS libraries and
embedded platforms.")
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 1)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION "net")
set(CPACK_DEBIAN_PACKAGE_PRIORITY "optional")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "wireshark")
install(FILES "${PROJECT_SOURCE_DIR}/src/cli/package/copyright" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
find_program(GZIP gzip)
if(GZIP)
  add_custom_command(
    OUTPUT "${PROJECT_BINARY_DIR}/NEWS.gz"
    COMMAND "${GZIP}" -9nc "${PROJECT_SOURCE_DIR}/CHANGELOG.md" > "${PROJECT_BINARY_DIR}/NEWS.gz"
    DEPENDS "${PROJECT_SOURCE_DIR}/CHANGELOG.md" VERBATIM)
  add_custom_target(news ALL DEPENDS "${PROJECT_BINARY_DIR}/NEWS.gz")
  install(FILES "${PROJECT_BINARY_DIR}/NEWS.gz" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()
include(CPack)

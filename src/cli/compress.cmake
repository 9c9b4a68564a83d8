# SPDX-License-Identifier: Apache-2.0
# cmake -DFOLDER=share/man -P compress.cmake: packs the man pages as Debian wants them, the same bytes every time.
find_program(GZIP gzip)
file(GLOB_RECURSE pages "${FOLDER}/*.[0-9]")
if(GZIP AND pages)
  execute_process(COMMAND "${GZIP}" -9nf ${pages} COMMAND_ERROR_IS_FATAL ANY)
endif()

# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=file.cpp "-DFILES=index.html;page.css" -P embed.cmake: the files as raw string literals with their names.
set(text "// Made by src/serve/embed.cmake; do not edit.\n#include \"serve/page.hpp\"\n\nnamespace tlswhy::serve {\n\nstd::string_view page_file(std::string_view name) {\n")
foreach(file ${FILES})
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" content)
  # A compiler need not take string literals of more than 64 KiB.
  string(LENGTH "${content}" length)
  if(length GREATER 60000)
    message(FATAL_ERROR "${file} is too long for one string literal")
  endif()
  string(APPEND text "  if (name == \"${name}\") return R\"page(${content})page\";\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace tlswhy::serve\n")
file(WRITE "${OUT}" "${text}")

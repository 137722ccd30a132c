# cmake -DREADELF=PROGRAM -DPROGRAM=FILE -P only_glibc.cmake: fails when the program needs a library that is not glibc's.
execute_process(COMMAND ${READELF} -d ${PROGRAM} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
# A lone bracket keeps a list from being one.
string(REPLACE "[" " " dynamic "${dynamic}")
string(REPLACE "]" " " dynamic "${dynamic}")
string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*" needed "${dynamic}")
foreach(line IN LISTS needed)
  string(REGEX MATCH "[^ ]+\\.so\\.[0-9.]+" library "${line}")
  if(NOT library MATCHES "^(libc|libm|ld-linux-[a-z0-9-]+)\\.so\\.[0-9]+$")
    message(FATAL_ERROR "${PROGRAM} needs ${library}, expected glibc's libraries alone")
  endif()
endforeach()

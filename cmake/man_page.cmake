# cmake -DSOURCE=X.1.scd -DPARTS=DIR -DVERSION=V -DSCDOC=PROGRAM -DOUTPUT=X.1 -P man_page.cmake: makes a man page. A line @NAME@
# stands for the text of PARTS/NAME.scd, which pages share.
file(READ ${SOURCE} page)
file(GLOB parts ${PARTS}/*.scd)
foreach(part IN LISTS parts)
  cmake_path(GET part STEM name)
  file(READ ${part} text)
  string(REPLACE "@${name}@\n" "${text}\n" page "${page}")
endforeach()
string(REPLACE "@version@" "${VERSION}" page "${page}")
file(WRITE ${OUTPUT}.scd "${page}")
# The day on which a package was made says nothing about a page, and would make two builds differ.
execute_process(COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=${EPOCH} ${SCDOC} INPUT_FILE ${OUTPUT}.scd OUTPUT_FILE ${OUTPUT} COMMAND_ERROR_IS_FATAL ANY)

# Two Debian packages by `cpack -G DEB`: the program, and the module of --dht with OpenDHT's libraries, which few want.
# scripts/package configures for it (prefix /usr), builds and checks.
if(GZIP)
  set(changelog ${made}/changelog.Debian.gz)
  add_custom_command(OUTPUT ${changelog} COMMAND ${GZIP} -9nc ${CMAKE_CURRENT_SOURCE_DIR}/debian/changelog > ${changelog}
                     DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/debian/changelog)
  add_custom_target(changelog ALL DEPENDS ${changelog})
  install(FILES ${changelog} DESTINATION ${doc})
  if(TARGET peer_dht)
    install(FILES ${changelog} debian/copyright DESTINATION ${doc}-dht COMPONENT dht)
  endif()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME peerprocess)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The peerProcess maintainers <peerprocess@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)

set(CPACK_COMPONENTS_ALL peerprocess)
set(CPACK_DEBIAN_PEERPROCESS_PACKAGE_NAME peerprocess)
set(CPACK_COMPONENT_PEERPROCESS_DESCRIPTION
    "puts files on many machines, without a tracker\nEvery peer that has a piece of a file serves it: one file with the peers\nof a list, folders that are shared by name, or chunks of which everybody\nhas some. pswarm, which launches and watches the swarm of a directory,\nneeds Python."
)
set(CPACK_DEBIAN_PEERPROCESS_PACKAGE_RECOMMENDS "python3 (>= 3.11)")
set(CPACK_DEBIAN_PEERPROCESS_PACKAGE_SUGGESTS "peerprocess-dht, libcurl4t64 | libcurl4, bash-completion")
set(control debian/postinst debian/prerm debian/postrm)
list(TRANSFORM control PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
if(logs)
  # CPack marks no configuration files by itself.
  set(conffiles ${logs})
  list(TRANSFORM conffiles REPLACE ".*/" "/etc/logrotate.d/")
  list(JOIN conffiles "\n" conffiles)
  file(WRITE ${made}/conffiles "${conffiles}\n")
  list(APPEND control ${made}/conffiles)
endif()
set(CPACK_DEBIAN_PEERPROCESS_PACKAGE_CONTROL_EXTRA "${control}")

if(TARGET peer_dht)
  list(APPEND CPACK_COMPONENTS_ALL dht)
  set(CPACK_DEBIAN_DHT_PACKAGE_NAME peerprocess-dht)
  set(CPACK_DEBIAN_DHT_PACKAGE_DEPENDS "peerprocess (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
  set(CPACK_COMPONENT_DHT_DESCRIPTION
      "finding by a DHT for peerprocess\nThe module that peerProcess loads for --dht: nodes of networks of\nthousands find each other by OpenDHT. Without it they find each other by\nwhat they tell each other, and by multicast."
  )
endif()
include(CPack)

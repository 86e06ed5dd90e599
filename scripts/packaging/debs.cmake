# The Debian packages dw-load and dw-extract: `cpack -G DEB` in a build folder, which scripts/package does. What else they
# install than the programs stands here; `cmake --install` leaves most of it out.
install(FILES README.md LICENSE scripts/guide/what_to_do_when.md scripts/guide/messages.md
  scripts/sql/mirror-account.sql scripts/packaging/load.json scripts/cron/dw-load
  DESTINATION share/doc/dw-load COMPONENT dw-load EXCLUDE_FROM_ALL)
install(PROGRAMS scripts/mirror-media DESTINATION bin RENAME dw-mirror-media COMPONENT dw-load)
install(PROGRAMS scripts/mirror-grants DESTINATION bin RENAME dw-mirror-grants COMPONENT dw-load)
install(FILES scripts/systemd/dw-load.service scripts/systemd/dw-load.timer
  DESTINATION /lib/systemd/system COMPONENT dw-load EXCLUDE_FROM_ALL)
install(FILES README.md LICENSE scripts/guide/what_to_do_when.md scripts/guide/messages.md scripts/sql/source-account.sql scripts/sql/source-account-rds.sql
  scripts/packaging/extract.json scripts/web/apache.conf.in scripts/web/lighttpd.conf.in scripts/web/nginx.conf.in
  DESTINATION share/doc/dw-extract COMPONENT dw-extract EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "dw")
set(CPACK_PACKAGE_CONTACT "dw <dw@localhost>")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL dw-load dw-extract)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_DW-LOAD_PACKAGE_NAME dw-load)
set(CPACK_DEBIAN_DW-LOAD_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_DW-EXTRACT_PACKAGE_NAME dw-extract)
set(CPACK_COMPONENT_DW-LOAD_DESCRIPTION "keeps a mirror of a production MySQL database, and what production deletes")
set(CPACK_COMPONENT_DW-EXTRACT_DESCRIPTION "gives out a MySQL server's general query log, piece by piece")
include(CPack)

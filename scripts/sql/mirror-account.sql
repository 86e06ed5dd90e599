-- dw-load's account on the mirror.
CREATE USER 'dw_load'@'%' IDENTIFIED BY 'CHANGE-THIS';

-- Its bookkeeping.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP ON `dw\_meta`.* TO 'dw_load'@'%';

-- Whatever production does in a mirrored schema, the archive of its rows (append only), and the views over both. `shop`
-- is an example: three such lines for each schema, as scripts/mirror-grants prints them.
GRANT ALL PRIVILEGES ON `shop`.* TO 'dw_load'@'%';
GRANT CREATE, INSERT, SELECT ON `shop\_archive`.* TO 'dw_load'@'%';
GRANT ALL PRIVILEGES ON `shop\_all`.* TO 'dw_load'@'%';

-- On MySQL, to set what production's sessions have set (auto_increment_increment and others):
--   GRANT SESSION_VARIABLES_ADMIN ON *.* TO 'dw_load'@'%';

-- To see the bodies of functions that have a DEFINER: on MySQL
--   GRANT SHOW_ROUTINE ON *.* TO 'dw_load'@'%';
-- on MariaDB
--   GRANT SELECT ON mysql.proc TO 'dw_load'@'%';

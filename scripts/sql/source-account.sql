-- dw-extract's account on a server of your own. For dw-extract alone: what this account does is left out of the mirror.
CREATE USER 'dw_extract'@'%' IDENTIFIED BY 'CHANGE-THIS';

-- To see which sessions are alive: the open transaction of a client that died is then known to be rolled back.
GRANT PROCESS ON *.* TO 'dw_extract'@'%';

-- To read the log and to rotate it. Some of these tables exist only now and then: CREATE lets a grant name them.
GRANT SELECT, INSERT, CREATE, ALTER, DROP ON mysql.general_log TO 'dw_extract'@'%';
GRANT SELECT, INSERT, CREATE, ALTER, DROP ON mysql.general_log_backup TO 'dw_extract'@'%';
GRANT SELECT, INSERT, CREATE, DROP ON mysql.general_log_old TO 'dw_extract'@'%';
GRANT SELECT, CREATE, ALTER, DROP ON mysql.general_log2 TO 'dw_extract'@'%';

-- To copy the schemas to the mirror and to compare them. `shop` is an example: one such line for each schema.
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO 'dw_extract'@'%';

-- The same for the bodies of routines: on MySQL
--   GRANT SHOW_ROUTINE ON *.* TO 'dw_extract'@'%';
-- on MariaDB
--   GRANT SELECT ON mysql.proc TO 'dw_extract'@'%';

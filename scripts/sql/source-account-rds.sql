-- dw-extract's account on Amazon RDS, where the server's own procedure rotates the log. For dw-extract alone: what
-- this account does is left out of the mirror.
CREATE USER 'dw_extract'@'%' IDENTIFIED BY 'CHANGE-THIS';

-- To see which sessions are alive: the open transaction of a client that died is then known to be rolled back.
GRANT PROCESS ON *.* TO 'dw_extract'@'%';

-- To read the log and to have it rotated.
GRANT SELECT ON mysql.general_log TO 'dw_extract'@'%';
GRANT SELECT ON mysql.general_log_backup TO 'dw_extract'@'%';
GRANT EXECUTE ON PROCEDURE mysql.rds_rotate_general_log TO 'dw_extract'@'%';

-- To copy the schemas to the mirror and to compare them. `shop` is an example: one such line for each schema.
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO 'dw_extract'@'%';

-- The same for the bodies of routines: on MySQL
--   GRANT SHOW_ROUTINE ON *.* TO 'dw_extract'@'%';
-- on MariaDB
--   GRANT SELECT ON mysql.proc TO 'dw_extract'@'%';

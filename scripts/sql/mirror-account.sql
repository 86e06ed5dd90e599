-- dw-load's account on the mirror.
CREATE USER 'dw_load'@'%' IDENTIFIED BY 'CHANGE-THIS';

-- Its bookkeeping.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP ON dw_meta.* TO 'dw_load'@'%';

-- Whatever production does in a mirrored schema. `shop` is an example: one such line for each schema.
GRANT ALL PRIVILEGES ON shop.* TO 'dw_load'@'%';

-- To see the bodies of functions that have a DEFINER: on MySQL
--   GRANT SHOW_ROUTINE ON *.* TO 'dw_load'@'%';
-- on MariaDB
--   GRANT SELECT ON mysql.proc TO 'dw_load'@'%';

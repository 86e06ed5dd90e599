-- dw-load's account on the mirror. `shop` is the schema that is mirrored: one such line for each.
CREATE USER 'dw_load'@'%' IDENTIFIED BY 'CHANGE-THIS';
GRANT ALL PRIVILEGES ON dw_meta.* TO 'dw_load'@'%';
GRANT ALL PRIVILEGES ON shop.* TO 'dw_load'@'%';

<?php
/**
 * Serves shops as PrestaShop does: `/<shop>/index.php` to visitors, `/<shop>/admin/index.php` to an employee.
 *
 * Each shop is a folder below `SHOPS`. Whatever PHP complains of is written to `SHOPS/errors.log` and answered 500.
 */

error_reporting(E_ALL);
set_error_handler(function ($kind, $message, $file, $line) {
    if (error_reporting() & $kind) {
        file_put_contents(getenv('SHOPS') . '/errors.log', "$message in $file:$line\n", FILE_APPEND);
        http_response_code(500);
        exit("$message in $file:$line");
    }

    return false;
});

if (!preg_match('#^/([a-z0-9-]+)/(admin/)?index\.php$#D', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), $parts)) {
    http_response_code(404);
    exit('<!DOCTYPE html><title>404</title>');
}
define('STAND_IN_SHOP', getenv('SHOPS') . '/' . $parts[1]);
require __DIR__ . '/prestashop.php';
empty($parts[2]) ? Dispatcher::frontOffice() : Dispatcher::backOffice();

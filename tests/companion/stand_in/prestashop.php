<?php
/**
 * The few of PrestaShop's classes that the companion uses, each as small as it can be. Their behaviour is PrestaShop's
 * where the companion depends on it: constants by area, settings that are `false` when unknown, escaped translations,
 * and a front controller that redirects, closes for maintenance and sets a cookie.
 */

function stand_in_json($name)
{
    $file = STAND_IN_SHOP . '/../' . basename(STAND_IN_SHOP) . '.' . $name . '.json';

    return is_file($file) ? json_decode(file_get_contents($file), true) : array();
}

function stand_in_write($name, array $content)
{
    file_put_contents(STAND_IN_SHOP . '/../' . basename(STAND_IN_SHOP) . '.' . $name . '.json', json_encode($content));
}

$standIn = stand_in_json('shop');
define('_PS_VERSION_', $standIn['version']);
define('_PS_ROOT_DIR_', STAND_IN_SHOP);
define('_PS_MODULE_DIR_', STAND_IN_SHOP . '/modules/');
define('_DB_PREFIX_', 'ps_');
foreach (isset($standIn['constants']) ? $standIn['constants'] : array() as $name => $value) {
    define($name, $value);
}
if (version_compare(_PS_VERSION_, '8.1', '>=')) {
    require __DIR__ . '/class_loader.php';
}
if (isset($standIn['api_url'])) {
    define('_PS_API_URL_', $standIn['api_url']);
}

class Configuration
{
    public static function get($name)
    {
        $values = stand_in_json('configuration');

        return isset($values[$name]) ? $values[$name] : false;
    }

    public static function getGlobalValue($name)
    {
        return self::get($name);
    }

    public static function updateGlobalValue($name, $value, $html = false)
    {
        $values = stand_in_json('configuration');
        $values[$name] = $html ? $value : strip_tags($value);
        stand_in_write('configuration', $values);

        return true;
    }

    public static function deleteByName($name)
    {
        $values = stand_in_json('configuration');
        unset($values[$name]);
        stand_in_write('configuration', $values);

        return true;
    }
}

class Db
{
    public static function getInstance()
    {
        return new self();
    }

    public function executeS($sql)
    {
        if (preg_match('/^SELECT su\..* FROM `ps_shop_url` su WHERE su\.`active` = 1 ORDER BY .* LIMIT 200$/D', $sql)) {
            $standIn = stand_in_json('shop');

            return isset($standIn['addresses']) ? $standIn['addresses'] : array();
        }
        $isKnown = preg_match('/^SELECT .* FROM `ps_module` m LEFT JOIN `ps_module_shop` ms .* = ([0-9]+)$/D', $sql, $found);
        if (!$isKnown) {
            throw new RuntimeException($sql);
        }
        $rows = array();
        foreach (stand_in_json('modules') as $row) {
            $isEnabled = in_array((int) $found[1], $row['shops'], true);
            $version = substr($row['version'], 0, 8);
            $rows[] = array('name' => $row['name'], 'version' => $version, 'enabled' => $isEnabled ? '1' : '0');
        }

        return $rows;
    }
}

class Context
{
    public $shop;
    public $language;

    public static function getContext()
    {
        $standIn = stand_in_json('shop');
        $context = new self();
        $context->shop = (object) $standIn['shop'];
        $context->language = (object) array('iso_code' => isset($_GET['lang']) ? $_GET['lang'] : 'en');

        return $context;
    }
}

abstract class Module
{
    public $name;
    public $tab;
    public $version;
    public $author;
    public $need_instance;
    public $bootstrap;
    public $controllers;
    public $ps_versions_compliancy;
    public $displayName;
    public $description;
    public $confirmUninstall;
    public $active = true;

    public function __construct()
    {
        if ($this->name === null) {
            throw new RuntimeException('a module sets its name first');
        }
    }

    public static function getInstanceByName($name)
    {
        require_once _PS_MODULE_DIR_ . $name . '/' . $name . '.php';

        return new $name();
    }

    public static function isInstalled($name)
    {
        return in_array($name, array_column(stand_in_json('modules'), 'name'), true);
    }

    public function install()
    {
        $rows = stand_in_json('modules');
        $rows[] = array('name' => $this->name, 'version' => $this->version, 'shops' => array(1));
        stand_in_write('modules', $rows);

        return true;
    }

    public function uninstall()
    {
        $others = array();
        foreach (stand_in_json('modules') as $row) {
            if ($row['name'] !== $this->name) {
                $others[] = $row;
            }
        }
        stand_in_write('modules', $others);

        return true;
    }

    public function l($string, $specific = false)
    {
        $_MODULE = array();
        $iso = Context::getContext()->language->iso_code;
        $file = _PS_MODULE_DIR_ . $this->name . '/translations/' . $iso . '.php';
        if (is_file($file)) {
            include $file;
        }
        $source = $specific ? $specific : $this->name;
        $key = strtolower('<{' . $this->name . '}prestashop>' . $source) . '_' . md5(str_replace("'", "\\'", $string));
        $text = isset($_MODULE[$key]) ? stripslashes($_MODULE[$key]) : $string;

        return htmlspecialchars($text, ENT_COMPAT, 'UTF-8');
    }
}

class ModuleFrontController
{
    public $module;
    public $ssl = false;

    public function __construct()
    {
        $this->module = Module::getInstanceByName($_GET['module']);
    }

    public function init()
    {
        setcookie('PrestaShop-0', 'a visitor');
        if (stand_in_json('shop')['maintenance']) {
            http_response_code(503);
            exit('<!DOCTYPE html><title>Maintenance</title>');
        }
        if ($this->ssl && empty($_SERVER['HTTPS'])) {
            header('Location: https://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI'], true, 301);
            exit;
        }
    }

    public function run()
    {
        $this->init();
        exit('<!DOCTYPE html><title>A page of the shop</title>');
    }
}

class Dispatcher
{
    public static function frontOffice()
    {
        ob_start();
        $module = isset($_GET['module']) && is_string($_GET['module']) ? $_GET['module'] : '';
        if (!preg_match('/^[a-z]+$/D', $module) || !Module::isInstalled($module)) {
            http_response_code(404);
            exit('<!DOCTYPE html><title>404</title>');
        }
        Module::getInstanceByName($module);
        require_once _PS_MODULE_DIR_ . $module . '/controllers/front/report.php';
        $class = ucfirst($module) . 'ReportModuleFrontController';
        $controller = new $class();
        $controller->run();
    }

    public static function backOffice()
    {
        define('_PS_ADMIN_DIR_', STAND_IN_SHOP . '/admin4711');
        if (!isset($_GET['token']) || $_GET['token'] !== 'employee') {
            http_response_code(403);
            exit('<!DOCTYPE html><title>Invalid token</title>');
        }
        $module = Module::getInstanceByName('marketplacecompanion');
        $act = isset($_GET['act']) ? $_GET['act'] : 'configure';
        if ($act === 'configure') {
            $title = htmlspecialchars($module->displayName, ENT_QUOTES, 'UTF-8', false);
            exit("<!DOCTYPE html><html><head><meta charset='utf-8'><title>$title</title></head><body>"
                . $module->getContent() . '</body></html>');
        }
        exit(json_encode($act === 'install' ? $module->install() : $module->uninstall()));
    }
}

<?php
/**
 * Modules on the disk and in the database. None is loaded: foreign code is not run, and PrestaShop writes no `config.xml`.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionModules
{
    const LARGEST_MAIN_FILE = 1048576;
    const NAME = '/^[A-Za-z0-9_-]{1,64}$/D';
    const VERSION = '/^[0-9A-Za-z][0-9A-Za-z.+_-]{0,49}$/D';

    /**
     * The names of the modules that have a folder with their main file.
     */
    public static function namesOnDisk()
    {
        $names = array();
        $found = @scandir(_PS_MODULE_DIR_);
        foreach ($found === false ? array() : $found as $name) {
            if (preg_match(self::NAME, $name) && is_file(self::mainFile($name))) {
                $names[] = $name;
            }
        }

        return $names;
    }

    /**
     * The folder of one module, found among those on the disk: what a request names never becomes a path of its own.
     */
    public static function folder($wanted)
    {
        foreach (self::namesOnDisk() as $name) {
            if ($name === $wanted) {
                return rtrim(_PS_MODULE_DIR_, '/\\') . '/' . $name;
            }
        }

        return null;
    }

    /**
     * Every module on the disk, with what the database says of it for one shop.
     */
    public static function all($idShop)
    {
        $rows = self::rows($idShop);
        $modules = array();
        foreach (self::namesOnDisk() as $name) {
            $row = isset($rows[$name]) ? $rows[$name] : null;
            $modules[] = array(
                'name' => $name,
                'version' => self::versionOnDisk($name),
                'installed_version' => $row === null ? null : self::version($row['version']),
                'installed' => $row !== null,
                'enabled' => $row !== null && (bool) $row['enabled'],
            );
        }

        return $modules;
    }

    public static function version($text)
    {
        return is_string($text) && preg_match(self::VERSION, $text) ? $text : null;
    }

    private static function rows($idShop)
    {
        $found = Db::getInstance()->executeS(
            'SELECT m.`name`, m.`version`, ms.`id_module` IS NOT NULL AS `enabled`'
            . ' FROM `' . _DB_PREFIX_ . 'module` m'
            . ' LEFT JOIN `' . _DB_PREFIX_ . 'module_shop` ms'
            . ' ON ms.`id_module` = m.`id_module` AND ms.`id_shop` = ' . (int) $idShop
        );
        $rows = array();
        foreach (is_array($found) ? $found : array() as $row) {
            $rows[$row['name']] = $row;
        }

        return $rows;
    }

    /**
     * The version that the main file sets. Null where it is no plain text, such as a constant.
     */
    private static function versionOnDisk($name)
    {
        $code = @file_get_contents(self::mainFile($name), false, null, 0, self::LARGEST_MAIN_FILE);
        $assigned = '/^[^\S\r\n]*\$this->version\s*=\s*([\'"])([^\'"]+)\1/m';
        if (!is_string($code) || !preg_match($assigned, $code, $found)) {
            return null;
        }

        return self::version($found[2]);
    }

    private static function mainFile($name)
    {
        return rtrim(_PS_MODULE_DIR_, '/\\') . '/' . $name . '/' . $name . '.php';
    }
}

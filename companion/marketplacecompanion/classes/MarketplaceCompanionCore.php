<?php
/**
 * PrestaShop's own files, compared with the list of MD5 sums that PrestaShop publishes for the version of this shop.
 *
 * It is done in the back office only, when the merchant asks: a list has 25,000 files. Forks have no list, though there
 * may be one of the version that they were made from; then nothing is known, and nothing reported. An empty result is
 * kept only when there was a list to compare with.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionCore
{
    const RESULT_NAME = 'MARKETPLACE_COMPANION_CORE';
    const RESULT_LIFETIME_S = 86400;
    /** A setting of PrestaShop is a TEXT, of 65,535 bytes. */
    const LARGEST_RESULT = 60000;
    const MAX_PATHS = 400;
    const LARGEST_LIST = 16777216;
    const FETCHED_WITHIN_S = 15;
    const SKIPPED = 'install themes tools cache docs download img localization log logs mails modules translations upload var';

    /**
     * Compares, and keeps the result for a day; null when the list could not be read, and then nothing is known any more.
     */
    public static function check()
    {
        $list = self::fetchList();
        if ($list === null) {
            self::forget();

            return null;
        }
        $result = array('version' => _PS_VERSION_, 'at' => time(), 'changed' => array(), 'missing' => array());
        self::compareFolder($list->ps_root_dir, '', $result);
        sort($result['changed'], SORT_STRING);
        sort($result['missing'], SORT_STRING);
        self::keep($result);

        return $result;
    }

    /**
     * The result of the last day for this version; null when there is none.
     */
    public static function latest()
    {
        $kept = Configuration::getGlobalValue(self::RESULT_NAME);
        $result = is_string($kept) ? json_decode((string) base64_decode($kept), true) : null;
        $isResult = is_array($result) && isset($result['version'], $result['at'], $result['changed'], $result['missing']);
        if (!$isResult || $result['version'] !== _PS_VERSION_) {
            return null;
        }
        $age = time() - (int) $result['at'];

        return $age >= 0 && $age <= self::RESULT_LIFETIME_S ? $result : null;
    }

    /**
     * The variant of PrestaShop that this shop runs, by its own name and version; null: PrestaShop itself.
     */
    public static function fork()
    {
        foreach (array('QloApps' => '_QLOAPPS_VERSION_', 'thirty bees' => '_TB_VERSION_') as $name => $constant) {
            if (defined($constant)) {
                return array('name' => $name, 'version' => MarketplaceCompanionModules::version(constant($constant)));
            }
        }

        return null;
    }

    public static function forget()
    {
        return Configuration::deleteByName(self::RESULT_NAME);
    }

    private static function fetchList()
    {
        if (!preg_match(MarketplaceCompanionModules::VERSION, _PS_VERSION_) || !function_exists('simplexml_load_string')) {
            return null;
        }
        if (self::fork() !== null) {
            return null;
        }
        $until = microtime(true) + self::FETCHED_WITHIN_S;
        foreach (self::addresses() as $url) {
            $seconds = (int) ceil($until - microtime(true));
            $text = $seconds > 0 ? MarketplaceCompanionHttp::get($url, $seconds, self::LARGEST_LIST) : null;
            $list = $text === null ? null : self::readList($text);
            if ($list !== null) {
                return $list;
            }
        }

        return null;
    }

    /**
     * Where the list may be: all versions have the first address, which PrestaShop's updates use; the shop's own check
     * looks there until 1.6, and from 1.7 on in a folder for each line of versions: 17, 8, 9.
     */
    private static function addresses()
    {
        $api = defined('_PS_API_URL_') ? _PS_API_URL_ : 'https://api.prestashop.com';
        $api = str_replace('http://api.prestashop.com', 'https://api.prestashop.com', $api);
        $addresses = array($api . '/xml/md5/' . _PS_VERSION_ . '.xml');
        if (version_compare(_PS_VERSION_, '1.7', '>=') && preg_match('/^(?:1\.)?[0-9]+/', _PS_VERSION_, $found)) {
            $addresses[] = $api . '/xml/md5-' . str_replace('.', '', $found[0]) . '/' . _PS_VERSION_ . '.xml';
        }

        return $addresses;
    }

    private static function readList($text)
    {
        if (stripos($text, '<!DOCTYPE') !== false) {
            return null;
        }
        $before = libxml_use_internal_errors(true);
        $list = simplexml_load_string($text, 'SimpleXMLElement', LIBXML_NONET);
        libxml_clear_errors();
        libxml_use_internal_errors($before);

        return $list !== false && isset($list->ps_root_dir->md5file) ? $list : null;
    }

    private static function compareFolder($folder, $below, array &$result)
    {
        foreach ($folder->md5file as $file) {
            $name = (string) $file['name'];
            if (self::isName($name) && !($below === 'override/' || strpos($below, 'override/') === 0)) {
                self::compareFile($below . $name, (string) $file, $result);
            }
        }
        foreach ($folder->dir as $child) {
            $name = (string) $child['name'];
            $isSkipped = $below === '' && in_array($name, explode(' ', self::SKIPPED), true);
            if (self::isName($name) && !$isSkipped) {
                self::compareFolder($child, $below . $name . '/', $result);
            }
        }
    }

    private static function compareFile($path, $md5, array &$result)
    {
        $isAdmin = substr($path, 0, 6) === 'admin/';
        if ($isAdmin && !defined('_PS_ADMIN_DIR_')) {
            return;
        }
        // The shop's own name of its back office is a secret of the merchant's: the report says `admin/`.
        $file = $isAdmin ? rtrim(_PS_ADMIN_DIR_, '/\\') . substr($path, 5) : _PS_ROOT_DIR_ . '/' . $path;
        if (!is_file($file)) {
            self::add($result['missing'], $path);
        } elseif (is_readable($file) && md5_file($file) !== strtolower(trim($md5))) {
            self::add($result['changed'], $path);
        }
    }

    private static function add(array &$paths, $path)
    {
        if (count($paths) < self::MAX_PATHS) {
            $paths[] = MarketplaceCompanionFiles::printable($path);
        }
    }

    private static function isName($name)
    {
        return $name !== '' && $name !== '.' && $name !== '..' && !preg_match('#[/\\\\\x00-\x1f]#', $name);
    }

    private static function keep(array $result)
    {
        $text = base64_encode(json_encode($result));
        while (strlen($text) > self::LARGEST_RESULT) {
            $result['changed'] = array_slice($result['changed'], 0, (int) (count($result['changed']) / 2));
            $result['missing'] = array_slice($result['missing'], 0, (int) (count($result['missing']) / 2));
            $text = base64_encode(json_encode($result));
        }
        Configuration::updateGlobalValue(self::RESULT_NAME, $text);
    }
}

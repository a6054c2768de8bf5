<?php
/**
 * Addresses of the shops of a multistore, so that a report on one shop cannot be taken for another's.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionAddresses
{
    const MAX_ADDRESSES = 200;

    /**
     * The part of the report: nothing where the installation has one address.
     */
    public static function part()
    {
        $addresses = self::all();

        return count($addresses) > 1 ? array('addresses' => $addresses) : array();
    }

    private static function all()
    {
        $found = Db::getInstance()->executeS(
            'SELECT su.`id_shop`, su.`domain`, su.`domain_ssl`, su.`physical_uri`, su.`virtual_uri`'
            . ' FROM `' . _DB_PREFIX_ . 'shop_url` su WHERE su.`active` = 1'
            . ' ORDER BY su.`id_shop_url` LIMIT ' . self::MAX_ADDRESSES
        );
        $addresses = array();
        foreach (is_array($found) ? $found : array() as $row) {
            $domain = $row['domain_ssl'] ? $row['domain_ssl'] : $row['domain'];
            $path = '/' . trim($row['physical_uri'] . $row['virtual_uri'], '/');
            if ($domain !== '') {
                $addresses[] = array('id_shop' => (int) $row['id_shop'], 'domain' => $domain, 'path' => $path);
            }
        }

        return $addresses;
    }
}

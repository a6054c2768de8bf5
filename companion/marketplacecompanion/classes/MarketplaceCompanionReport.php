<?php
/**
 * Report on this shop, as the published schema has it. A part that cannot be known is left out, never left empty.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionReport
{
    const LARGEST_POSTED = 1048576;
    const LARGEST_FETCHED = 2097152;
    const MAX_MODULES = 2000;
    const READ_WITHIN_S = 8;
    const NONCE = '/^[A-Za-z0-9_-]{16,64}$/D';
    const SUBJECT = '/^[A-Za-z0-9_-]{0,64}$/D';

    /**
     * The body of a report: bound to a nonce, on one module, within so many bytes; null where none can be made.
     */
    public static function body($nonce, $subject, $maxBytes)
    {
        $report = self::parts($nonce, $subject);
        if (count($report['modules']) > self::MAX_MODULES) {
            return null;
        }
        foreach (array(null, 'overrides', 'files') as $left) {
            if ($left !== null) {
                unset($report[$left]);
            }
            $body = json_encode($report, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
            if (is_string($body) && strlen($body) <= $maxBytes) {
                return $body;
            }
        }

        return null;
    }

    private static function parts($nonce, $subject)
    {
        $until = microtime(true) + self::READ_WITHIN_S;
        $shop = Context::getContext()->shop;
        $report = array(
            'schema' => '1',
            'nonce' => $nonce,
            'generated_at' => date('c'),
            'shop' => array(
                'domain' => $shop->domain_ssl ? $shop->domain_ssl : $shop->domain,
                'physical_uri' => $shop->physical_uri ? $shop->physical_uri : '/',
                'id_shop' => (int) $shop->id,
            ) + MarketplaceCompanionAddresses::part(),
            'platform' => self::platform(),
            'modules' => MarketplaceCompanionModules::all($shop->id),
        );
        $folder = MarketplaceCompanionModules::folder($subject);
        $entries = $folder === null ? null : MarketplaceCompanionFiles::entries($folder, $until);
        if ($entries !== null) {
            // As an object, also when it is empty or a file is named `0`.
            $report['files'] = array('module' => $subject, 'entries' => (object) $entries);
        }
        $overrides = MarketplaceCompanionOverrides::all($until);
        if ($overrides !== null) {
            $report['overrides'] = $overrides;
        }

        return $report;
    }

    private static function platform()
    {
        $platform = array(
            'version' => _PS_VERSION_,
            'version_db' => MarketplaceCompanionModules::version(Configuration::get('PS_VERSION_DB')),
            'php' => PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION . '.' . PHP_RELEASE_VERSION,
        );
        $fork = MarketplaceCompanionCore::fork();
        if ($fork !== null) {
            $platform['fork'] = $fork;
        }
        $core = MarketplaceCompanionCore::latest();
        if ($core !== null) {
            $platform['changed_files'] = $core['changed'];
            $platform['missing_files'] = $core['missing'];
        }

        return $platform;
    }
}

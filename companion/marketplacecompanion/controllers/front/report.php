<?php
/**
 * Answers the marketplace with a report, when the request is signed with this installation's key.
 *
 * Everything is done in `init()`, before PrestaShop's own: it would redirect between http and https, show the page of
 * maintenance or of a closed country, and begin a visitor's cart and cookie.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplacecompanionReportModuleFrontController extends ModuleFrontController
{
    public $ssl = true;

    public function init()
    {
        while (ob_get_level() > 0 && @ob_end_clean()) {
            continue;
        }
        @ini_set('zlib.output_compression', '0');
        header_remove('Set-Cookie');
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        header('X-Robots-Tag: noindex');
        $nonce = self::text($_GET, 'nonce');
        $subject = self::text($_GET, 'subject');
        $signature = self::text($_SERVER, 'HTTP_INSPECTION_SIGNATURE');
        // Whatever is wrong has one answer, and costs one comparison.
        $isWellFormed = preg_match(MarketplaceCompanionReport::NONCE, $nonce)
            && preg_match(MarketplaceCompanionReport::SUBJECT, $subject);
        if (!$isWellFormed || !MarketplaceCompanionSignature::isRequestSigned($nonce, $subject, $signature)) {
            http_response_code(401);
            exit('{"error":"not_signed"}');
        }
        $body = MarketplaceCompanionReport::body($nonce, $subject, MarketplaceCompanionReport::LARGEST_FETCHED);
        if ($body === null) {
            http_response_code(500);
            exit('{"error":"no_report"}');
        }
        header('Companion-Signature: ' . MarketplaceCompanionSignature::ofReport(
            $body,
            MarketplaceCompanionSignature::key()
        ));
        http_response_code(200);
        exit($body);
    }

    private static function text(array $values, $name)
    {
        return isset($values[$name]) && is_string($values[$name]) ? $values[$name] : '';
    }
}

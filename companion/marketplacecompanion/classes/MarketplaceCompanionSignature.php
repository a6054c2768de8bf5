<?php
/**
 * Signatures of requests and reports, and the key under which they are made: HMAC-SHA256 in lower-case hexadecimal.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionSignature
{
    const KEY_NAME = 'MARKETPLACE_COMPANION_KEY';
    const KEY_BYTES = 20;

    /**
     * The key of this installation, of all its shops; null when there is none.
     */
    public static function key()
    {
        $key = Configuration::getGlobalValue(self::KEY_NAME);

        return is_string($key) && strlen($key) >= 2 * self::KEY_BYTES ? $key : null;
    }

    /**
     * Makes a new key; false where this PHP has no source of random bytes that is good enough for one.
     */
    public static function renewKey()
    {
        $bytes = self::randomBytes();

        return $bytes !== null && (bool) Configuration::updateGlobalValue(self::KEY_NAME, bin2hex($bytes));
    }

    public static function deleteKey()
    {
        return Configuration::deleteByName(self::KEY_NAME);
    }

    public static function ofReport($body, $key)
    {
        return hash_hmac('sha256', $body, $key);
    }

    /**
     * Whether the marketplace asks: whoever has the key signs the nonce and the module that the report is about.
     */
    public static function isRequestSigned($nonce, $subject, $signature)
    {
        $key = self::key();
        if ($key === null) {
            return false;
        }

        return hash_equals(hash_hmac('sha256', $nonce . '.' . $subject, $key), $signature);
    }

    private static function randomBytes()
    {
        if (function_exists('random_bytes')) {
            return random_bytes(self::KEY_BYTES);
        }
        if (!function_exists('openssl_random_pseudo_bytes')) {
            return null;
        }
        $isStrong = false;
        $bytes = openssl_random_pseudo_bytes(self::KEY_BYTES, $isStrong);

        return $isStrong && $bytes !== false ? $bytes : null;
    }
}

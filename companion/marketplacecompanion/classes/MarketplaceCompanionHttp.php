<?php
/**
 * Requests of the back office: by curl, over verified TLS, without redirects, bounded in time and size.
 *
 * PHP's own streams are no second way: their time limit is one of each read, and a server that says a little now and
 * then holds them for ever. Without curl nothing is sent; the marketplace can still fetch the report.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionHttp
{
    const CONNECTED_WITHIN_S = 5;

    public static function isPossible()
    {
        // Some hosts switch off single functions of the extension, mostly `curl_exec`; PHP 8 then knows them no more.
        foreach (array('curl_init', 'curl_setopt_array', 'curl_exec', 'curl_getinfo') as $function) {
            if (!function_exists($function)) {
                return false;
            }
        }

        return true;
    }

    /**
     * The body of a 200 answer; null for any other, for none in time, and for a larger one.
     */
    public static function get($url, $seconds, $maxBytes)
    {
        $answer = self::request($url, array(), $seconds, $maxBytes);

        return $answer !== null && $answer['status'] === 200 ? $answer['body'] : null;
    }

    /**
     * The status and the body of the answer; null when there was none, none in time, or a larger one.
     */
    public static function post($url, array $headers, $body, $seconds, $maxBytes)
    {
        // Without `Expect`, curl would wait for leave to send a large body.
        $headers[] = 'Expect:';
        $options = array(CURLOPT_POST => true, CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $headers);

        return self::request($url, $options, $seconds, $maxBytes);
    }

    private static function request($url, array $options, $seconds, $maxBytes)
    {
        if (!self::isPossible()) {
            return null;
        }
        $read = '';
        $append = function ($handle, $chunk) use (&$read, $maxBytes) {
            $read .= $chunk;

            return strlen($read) > $maxBytes ? 0 : strlen($chunk);
        };
        $handle = curl_init($url);
        curl_setopt_array($handle, $options + array(
            CURLOPT_CONNECTTIMEOUT => self::CONNECTED_WITHIN_S,
            CURLOPT_TIMEOUT => $seconds,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_SSL_VERIFYPEER => true,
            CURLOPT_SSL_VERIFYHOST => 2,
            CURLOPT_WRITEFUNCTION => $append,
        ));
        $isDone = curl_exec($handle);
        $status = (int) curl_getinfo($handle, CURLINFO_HTTP_CODE);

        return $isDone && $status > 0 ? array('status' => $status, 'body' => $read) : null;
    }
}

<?php
/**
 * Sending a report from the back office, by the code that the marketplace shows on the page of a check.
 *
 * The code is one line: the address of the check's report, `#`, and its nonce, its key and the product's module, with a
 * dot between them. The merchant sees the address before anything is sent.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionSending
{
    const SENT_WITHIN_S = 20;
    const LARGEST_ANSWER = 65536;
    const CODE = '~^(https://[A-Za-z0-9.:\[\]-]{1,255}(?:/[A-Za-z0-9._-]{1,100}){0,8}/inspections/chk_[0-9a-f]{32}/report)
        \#([A-Za-z0-9_-]{16,64})\.([A-Za-z0-9_-]{20,100})\.([A-Za-z0-9_-]{0,64})$~xD';

    public $url;
    public $nonce;
    public $subject;
    private $key;

    /**
     * What a code says; null when it was not copied whole, or is something else.
     */
    public static function read($code)
    {
        if (!is_string($code) || !preg_match(self::CODE, trim($code), $parts)) {
            return null;
        }
        $sending = new self();
        list(, $sending->url, $sending->nonce, $sending->key, $sending->subject) = $parts;

        return $sending;
    }

    public function host()
    {
        $host = parse_url($this->url, PHP_URL_HOST);

        return is_string($host) ? $host : $this->url;
    }

    public function body()
    {
        $largest = MarketplaceCompanionReport::LARGEST_POSTED;

        return MarketplaceCompanionReport::body($this->nonce, $this->subject, $largest);
    }

    /**
     * Sends the report; returns what became of it: `sent`, `no_curl`, `no_report`, `no_answer`, or the marketplace's error code.
     */
    public function send()
    {
        if (!MarketplaceCompanionHttp::isPossible()) {
            return 'no_curl';
        }
        $body = $this->body();
        if ($body === null) {
            return 'no_report';
        }
        $headers = array(
            'Content-Type: application/json',
            'Companion-Signature: ' . MarketplaceCompanionSignature::ofReport($body, $this->key),
        );
        $answer = MarketplaceCompanionHttp::post(
            $this->url,
            $headers,
            $body,
            self::SENT_WITHIN_S,
            self::LARGEST_ANSWER
        );
        if ($answer === null) {
            return 'no_answer';
        }
        if ($answer['status'] === 202) {
            return 'sent';
        }
        $problem = json_decode($answer['body'], true);

        return is_array($problem) && isset($problem['code']) && is_string($problem['code'])
            ? $problem['code']
            : 'no_answer';
    }
}

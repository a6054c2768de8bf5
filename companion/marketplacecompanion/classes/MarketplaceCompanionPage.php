<?php
/**
 * The module's page in the back office: its key, what a report says, and the form that sends one.
 *
 * It is plain HTML made here, so that it is the same under every Smarty from PrestaShop 1.6 to 9. Forms are sent to the
 * page's own address, which carries PrestaShop's token.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionPage
{
    const PREVIEW_NONCE = '0000000000000000';

    private $module;

    public function __construct($module)
    {
        $this->module = $module;
    }

    /**
     * Does what a form of the page asks for, and returns the page.
     */
    public function content()
    {
        $act = self::submitted('companion_act');
        $code = self::submitted('report_code');
        $sending = $code === '' ? null : MarketplaceCompanionSending::read($code);
        if ($sending !== null && $act === 'preview' && MarketplaceCompanionCore::latest() === null) {
            // So that the report says it; without PrestaShop's list it does not.
            MarketplaceCompanionCore::check();
        }
        $message = $this->act($act, $code, $sending);
        $isSent = $act === 'send' && $sending !== null;

        return $message . $this->introduction() . $this->sendPanel($isSent ? '' : $code, $isSent ? null : $sending)
            . $this->keyPanel() . $this->corePanel() . $this->previewPanel($sending);
    }

    private function act($act, $code, $sending)
    {
        if ($act === 'new_key') {
            return MarketplaceCompanionSignature::renewKey()
                ? $this->message('success', $this->l('A new key was created. The old one no longer works.'))
                : $this->message('danger', $this->l('No key could be made: this PHP has no safe source of random numbers.'));
        }
        if ($act === 'check_core') {
            return MarketplaceCompanionCore::check() !== null
                ? $this->message('success', $this->l('PrestaShop’s files were checked.'))
                : $this->message('warning', $this->l('PrestaShop’s list of files for this version could not be read. The report will not mention these files.'));
        }
        if ($code !== '' && $sending === null) {
            return $this->message('danger', $this->l('This report code is incomplete. Copy it again from the page of your check.'));
        }
        if ($act === 'send' && $sending !== null) {
            $result = $sending->send();

            return $this->message($result === 'sent' ? 'success' : 'danger', $this->sent($result));
        }

        return '';
    }

    /**
     * What became of a report, in words, by the code that the marketplace answered.
     */
    private function sent($result)
    {
        $texts = array(
            'sent' => $this->l('The report was sent. Go back to the page of your check: it shows the result.'),
            'no_curl' => $this->l('This PHP has no curl extension, so nothing can be sent. Give the marketplace the key below instead.'),
            'no_report' => $this->l('No report could be made: this shop has too many modules.'),
            'no_answer' => $this->l('The marketplace did not answer. Check that your shop may connect to other sites, then try again.'),
            'report_not_signed' => $this->l('This code is no longer valid. Copy the code from the page of your check again.'),
            'report_not_fresh' => $this->l('This code belongs to another check. Copy the code from the page of your check again.'),
            'report_of_another_shop' => $this->l('The check is about another shop. Open the companion of the shop that your purchase is for.'),
            'report_already_received' => $this->l('The report for this check was already received. Start another check to send a new one.'),
            'not_found' => $this->l('This check no longer exists. Start another check and copy its code.'),
        );

        return isset($texts[$result])
            ? $texts[$result]
            : sprintf($this->l('The marketplace did not accept the report (%s).'), $result);
    }

    private function introduction()
    {
        return $this->panel(
            $this->l('What this module does'),
            '<p>' . $this->e($this->l('When you ask a seller for support, the marketplace checks what your shop runs. This module tells it: the versions of PrestaShop and PHP, your modules, the hashes of the files of the product in question, and your overrides. It reports no customers, orders, prices or passwords, and it changes nothing.')) . '</p>'
        );
    }

    private function sendPanel($code, $sending)
    {
        $text = '<p>' . $this->e($this->l('Copy the report code from the page of your check, and paste it here. You see what is sent before it is sent.')) . '</p>'
            . '<p><input type="text" class="form-control" name="report_code" autocomplete="off" spellcheck="false" aria-label="'
            . $this->e($this->l('Report code')) . '" value="' . $this->e($code) . '"></p>';
        if ($sending === null) {
            return $this->panel(
                $this->l('Send a report'),
                $this->form($text . $this->button('preview', $this->l('Show the report')))
            );
        }
        $text .= '<p><strong>' . $this->e(sprintf($this->l('The report below will be sent to %s.'), $sending->host()))
            . '</strong></p>';

        return $this->panel(
            $this->l('Send a report'),
            $this->form($text . $this->button('send', $this->l('Send this report')))
        );
    }

    private function keyPanel()
    {
        $key = MarketplaceCompanionSignature::key();
        $text = '<p>' . $this->e($this->l('Or give the marketplace this key: it can then ask for the report itself, as often as it is needed. Whoever has the key can read the report, and nothing else.')) . '</p>'
            . '<p><input type="text" class="form-control" readonly aria-label="' . $this->e($this->l('Key')) . '" value="'
            . $this->e($key === null ? '' : $key) . '"></p>';

        return $this->panel(
            $this->l('Key'),
            $this->form($text . $this->button('new_key', $this->l('Make a new key')))
        );
    }

    private function corePanel()
    {
        $result = MarketplaceCompanionCore::latest();
        $text = $result === null
            ? $this->l('PrestaShop’s own files have not been checked in the last 24 hours. The report says nothing of them.')
            : sprintf(
                $this->l('Checked on %1$s: %2$d changed, %3$d missing. The report contains this for 24 hours.'),
                date('Y-m-d H:i', (int) $result['at']),
                count($result['changed']),
                count($result['missing'])
            );

        return $this->panel(
            $this->l('Files of PrestaShop'),
            $this->form('<p>' . $this->e($text) . '</p>' . $this->button('check_core', $this->l('Check the files now')))
        );
    }

    private function previewPanel($sending)
    {
        $subject = $sending === null ? self::submitted('subject') : $sending->subject;
        $subject = preg_match(MarketplaceCompanionReport::SUBJECT, $subject) ? $subject : '';
        $body = MarketplaceCompanionReport::body(
            $sending === null ? self::PREVIEW_NONCE : $sending->nonce,
            $subject,
            MarketplaceCompanionReport::LARGEST_POSTED
        );
        $options = '<option value=""></option>';
        foreach (MarketplaceCompanionModules::namesOnDisk() as $name) {
            $options .= '<option' . ($name === $subject ? ' selected' : '') . '>' . $this->e($name) . '</option>';
        }
        $choice = '<p><label>' . $this->e($this->l('With the files of this module:')) . ' <select name="subject">' . $options
            . '</select></label></p>' . $this->button('preview', $this->l('Show'));
        $shown = json_encode(json_decode((string) $body), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);

        return $this->panel(
            $this->l('What a report says'),
            ($sending === null ? $this->form($choice) : '')
                . '<textarea class="form-control" rows="24" readonly aria-label="'
                . $this->e($this->l('What a report says')) . '">' . $this->e($shown) . '</textarea>'
        );
    }

    private function panel($title, $content)
    {
        return '<div class="panel card"><h3 class="panel-heading card-header">' . $this->e($title)
            . '</h3><div class="card-body">' . $content . '</div></div>';
    }

    private function form($content)
    {
        return '<form method="post" class="form">' . $content . '</form>';
    }

    private function button($act, $text)
    {
        return '<p><button type="submit" class="btn btn-default btn-secondary" name="companion_act" value="'
            . $this->e($act) . '">' . $this->e($text) . '</button></p>';
    }

    private function message($kind, $text)
    {
        return '<div class="alert alert-' . $kind . '" role="status">' . $this->e($text) . '</div>';
    }

    private function e($text)
    {
        return htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8');
    }

    /**
     * A text in the employee's language. PrestaShop escapes it, so no text has a character that would be escaped twice.
     */
    private function l($text)
    {
        return $this->module->l($text, 'MarketplaceCompanionPage');
    }

    /**
     * One field of a form of this page, as it was sent; empty when it was not, or was no text.
     */
    private static function submitted($name)
    {
        return isset($_POST[$name]) && is_string($_POST[$name]) ? trim($_POST[$name]) : '';
    }
}

<?php
/**
 * Marketplace companion: reports what this shop runs, so that a support request can be checked.
 *
 * The format of the report, and both ways in which it travels, are published as `docs/companion-report.md`. The module
 * only reads: it stores two settings (its key, and the last check of PrestaShop's files), and writes no file.
 *
 * One code base for PrestaShop 1.6.1 to 9 and PHP 5.6 to 8.4: arrays are written `array()`, nothing has a type.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

require_once dirname(__FILE__) . '/classes/MarketplaceCompanionSignature.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionFiles.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionModules.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionAddresses.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionOverrides.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionHttp.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionCore.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionReport.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionSending.php';
require_once dirname(__FILE__) . '/classes/MarketplaceCompanionPage.php';

class MarketplaceCompanion extends Module
{
    public function __construct()
    {
        $this->name = 'marketplacecompanion';
        $this->tab = 'administration';
        $this->version = '1.0.0';
        $this->author = 'Marketplace';
        $this->need_instance = 0;
        $this->bootstrap = true;
        $this->controllers = array('report');
        $this->ps_versions_compliancy = array('min' => '1.6.1.0', 'max' => '9.99.99');
        parent::__construct();
        $this->displayName = $this->l('Marketplace companion');
        $this->description = $this->l('Shows the marketplace what your shop runs when you ask a seller for support.');
        $this->confirmUninstall = $this->l('Uninstall the companion? Its key is deleted.');
    }

    public function install()
    {
        return parent::install() && MarketplaceCompanionSignature::renewKey();
    }

    public function uninstall()
    {
        MarketplaceCompanionSignature::deleteKey();
        MarketplaceCompanionCore::forget();

        return parent::uninstall();
    }

    /**
     * The module's page in the back office. PrestaShop has checked the employee's rights and the token of the address.
     */
    public function getContent()
    {
        $page = new MarketplaceCompanionPage($this);

        return $page->content();
    }
}

<?php
/**
 * Overrides: files below `override/` and `themes/<theme>/modules/`, and which module's marks they carry.
 *
 * Since 1.6.0.11 PrestaShop writes a comment with `module: <name>` before each method, property and constant that it
 * copies from a module. What carries none was written by hand.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionOverrides
{
    const MAX_OVERRIDES = 5000;
    const MAX_MARKS = 200;
    const LARGEST_CLASS = 1048576;
    const FIRST_WITH_MARKS = '1.6.0.11';
    const MARK = '/^[\s*\/]*module:\s*([A-Za-z0-9_-]{1,64})\s*$/m';

    /**
     * Every override; null when they are too many, take too long, or this PHP cannot read PHP.
     */
    public static function all($until)
    {
        $paths = self::paths();
        if ($paths === null || !function_exists('token_get_all')) {
            return null;
        }
        $overrides = array();
        foreach ($paths as $path) {
            if (microtime(true) > $until) {
                return null;
            }
            $overrides[] = self::describe($path);
        }

        return $overrides;
    }

    /**
     * The modules whose marks a class carries, and how many of its members carry none.
     */
    public static function marks($code)
    {
        $reader = new MarketplaceCompanionMarkReader();
        foreach (token_get_all($code) as $token) {
            $reader->read($token);
        }

        return array(array_slice(array_keys($reader->modules), 0, self::MAX_MARKS), $reader->unmarked);
    }

    private static function paths()
    {
        $folders = self::areLoaded() ? array('override') : array();
        $themes = @scandir(_PS_ROOT_DIR_ . '/themes');
        foreach ($themes === false ? array() : $themes as $theme) {
            if ($theme !== '.' && $theme !== '..' && is_dir(_PS_ROOT_DIR_ . '/themes/' . $theme . '/modules')) {
                $folders[] = 'themes/' . $theme . '/modules';
            }
        }
        $paths = array();
        foreach ($folders as $folder) {
            $found = MarketplaceCompanionFiles::listFiles(_PS_ROOT_DIR_ . '/' . $folder, 2 * self::MAX_OVERRIDES);
            if ($found === null) {
                return null;
            }
            foreach ($found as $path) {
                $paths[] = $folder . '/' . $path;
            }
        }

        return count($paths) > self::MAX_OVERRIDES ? null : $paths;
    }

    /**
     * A shop may be told not to load its overrides, and what is not loaded overrides nothing. The class loader that
     * PrestaShop has since 8.1 does not look at this setting.
     */
    private static function areLoaded()
    {
        return !Configuration::get('PS_DISABLE_OVERRIDES') || class_exists('PrestaShop\\Autoload\\PrestashopAutoload', false);
    }

    private static function describe($path)
    {
        $file = _PS_ROOT_DIR_ . '/' . $path;
        $override = array(
            'path' => MarketplaceCompanionFiles::printable($path),
            'sha256' => MarketplaceCompanionFiles::sha256($file),
            'modules' => array(),
            'unmarked' => 0,
        );
        $isClass = substr($path, 0, 9) === 'override/' && strtolower(substr($path, -4)) === '.php';
        if (!$isClass || $override['sha256'] === null || filesize($file) > self::LARGEST_CLASS) {
            return $override;
        }
        list($modules, $unmarked) = self::marks((string) @file_get_contents($file));
        $override['modules'] = array_map('strval', $modules);
        if (version_compare(_PS_VERSION_, self::FIRST_WITH_MARKS, '>=')) {
            $override['unmarked'] = $unmarked;
        }

        return $override;
    }
}

/**
 * Reads the tokens of a class, one after the other: of each member, whether a mark stands before it.
 */
class MarketplaceCompanionMarkReader
{
    public $modules = array();
    public $unmarked = 0;
    private $depth = 0;
    private $bodyDepth = null;
    private $isClassNext = false;
    private $isCounted = false;
    private $isMarked = false;
    private $previous = null;

    public function read($token)
    {
        $kind = is_array($token) ? $token[0] : $token;
        if ($kind === T_WHITESPACE) {
            return;
        }
        if ($kind === T_COMMENT || $kind === T_DOC_COMMENT) {
            $this->readComment($token[1]);

            return;
        }
        if (in_array($kind, array(T_CLASS, T_INTERFACE, T_TRAIT), true) && $this->bodyDepth === null) {
            $this->isClassNext = $this->isClassNext || $this->previous !== T_DOUBLE_COLON;
        }
        if (in_array($kind, array('{', T_CURLY_OPEN, T_DOLLAR_OPEN_CURLY_BRACES), true)) {
            $this->open();
        } elseif ($kind === '}') {
            $this->close();
        } elseif ($this->depth === $this->bodyDepth) {
            $this->readMember($kind);
        }
        $this->previous = $kind;
    }

    private function readComment($text)
    {
        if (!preg_match_all(MarketplaceCompanionOverrides::MARK, $text, $found)) {
            return;
        }
        foreach ($found[1] as $module) {
            $this->modules[$module] = true;
        }
        if ($this->depth === $this->bodyDepth) {
            $this->isMarked = true;
        }
    }

    private function readMember($kind)
    {
        if ($kind === ';') {
            $this->beginMember();
        } elseif (!$this->isCounted && in_array($kind, array(T_FUNCTION, T_VARIABLE, T_CONST), true)) {
            $this->isCounted = true;
            $this->unmarked += $this->isMarked ? 0 : 1;
        }
    }

    private function open()
    {
        ++$this->depth;
        if ($this->isClassNext && $this->bodyDepth === null) {
            $this->bodyDepth = $this->depth;
            $this->isClassNext = false;
            $this->beginMember();
        }
    }

    private function close()
    {
        --$this->depth;
        if ($this->depth === $this->bodyDepth) {
            $this->beginMember();
        } elseif ($this->bodyDepth !== null && $this->depth < $this->bodyDepth) {
            $this->bodyDepth = null;
        }
    }

    private function beginMember()
    {
        $this->isCounted = false;
        $this->isMarked = false;
    }
}

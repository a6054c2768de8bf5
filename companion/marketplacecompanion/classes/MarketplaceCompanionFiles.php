<?php
/**
 * Files on the disk: their names and hashes. Nothing is followed out of a folder, and everything has a bound.
 */

if (!defined('_PS_VERSION_')) {
    exit;
}

class MarketplaceCompanionFiles
{
    const MAX_FILES = 20000;
    const LONGEST_PATH = 400;
    /** Bytes of the largest file of which a hash with other line ends is made. */
    const LARGEST_TEXT = 4194304;

    /**
     * The paths of every file below a folder, sorted; null when there are more than `$limit` files and folders.
     * A link is listed and not followed.
     */
    public static function listFiles($folder, $limit)
    {
        $found = array();
        $pending = array('');
        $seen = 0;
        while ($pending) {
            $below = array_pop($pending);
            $names = @scandir($folder . '/' . $below);
            foreach ($names === false ? array() : $names as $name) {
                if ($name === '.' || $name === '..') {
                    continue;
                }
                ++$seen;
                if ($seen > $limit) {
                    return null;
                }
                $path = $below === '' ? $name : $below . '/' . $name;
                if (is_dir($folder . '/' . $path) && !is_link($folder . '/' . $path)) {
                    $pending[] = $path;
                } else {
                    $found[] = $path;
                }
            }
        }
        sort($found, SORT_STRING);

        return $found;
    }

    /**
     * Every file of a module by its path, as the report has it; null when they are too many, or take too long.
     */
    public static function entries($folder, $until)
    {
        $paths = self::listFiles($folder, self::MAX_FILES);
        if ($paths === null) {
            return null;
        }
        $entries = array();
        foreach ($paths as $path) {
            if (microtime(true) > $until) {
                return null;
            }
            $entries[self::printable($path)] = self::describe($folder . '/' . $path);
        }

        return $entries;
    }

    /**
     * The SHA-256 of a file, or null where it is a link or cannot be read.
     */
    public static function sha256($file)
    {
        if (is_link($file) || !is_file($file) || !is_readable($file)) {
            return null;
        }
        $hash = @hash_file('sha256', $file);

        return is_string($hash) ? $hash : null;
    }

    /**
     * A path that the report can hold: valid UTF-8, without control characters and backslashes, not too long. A name
     * that is none of this is still told, for it may be the one file that nobody should have put there.
     */
    public static function printable($path)
    {
        if (!preg_match('//u', $path)) {
            $path = preg_replace('/[^\x20-\x7e]/', '?', $path);
        }
        $path = preg_replace('/[\x00-\x1f\x7f\\\\]/', '?', $path);
        if (strlen($path) > self::LONGEST_PATH) {
            $end = preg_replace('/[^\x20-\x7e]/', '?', substr($path, -100));
            $path = 'too-long/' . sha1($path) . '/' . basename($end);
        }

        return $path;
    }

    private static function describe($file)
    {
        $entry = array('sha256' => self::sha256($file));
        if ($entry['sha256'] === null) {
            return $entry;
        }
        $size = @filesize($file);
        if (!is_int($size)) {
            return $entry;
        }
        $entry['size'] = $size;
        $content = $size <= self::LARGEST_TEXT ? @file_get_contents($file) : false;
        if (is_string($content) && strpos($content, "\r\n") !== false && strpos($content, "\0") === false) {
            $entry['sha256_lf'] = hash('sha256', str_replace("\r\n", "\n", $content));
        }

        return $entry;
    }
}

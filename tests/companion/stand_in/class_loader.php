<?php
/**
 * The class loader of PrestaShop 8.1 and later, as far as the companion looks: that there is one.
 */

namespace PrestaShop\Autoload;

final class PrestashopAutoload
{
}

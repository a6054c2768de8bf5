"""Answer vocabulary: words of shops and software, in each of the marketplace's languages.

General vocabulary, folded. Left out is what absence notes and receipts say as well: request, ticket, order, product,
account, page, date, version, update, problem. A trailing asterisk marks a stem.
"""

from __future__ import annotations

_ENTRIES = """
api ajax json html css php sql mysql xml csv pdf ean gtin isbn sku smarty twig cron cronjob* cronjobs token* cookie*
cache* url urls webhook* hook hooks override* overrides debug* regex smtp ssl utf session* browser* javascript build
hotfix* bug bugs timeout* promo* config* konfig* parametr* paramet* catalog* katalog* categor* kategor* export*
esport* install* instal* archiv* decimal* dezimal* semikolon condition conditions filter* format formats formato*
formati menu* icon* zone redirect* htaccess backup* rollback variable* variabel* exception* undefined null password*
upgrade* function functions role roles size sizes rule rules rounding barcode* character* symbol* widget* slider*
popup* banner* baner* editor* manual* server* script* permission* permiss* compat* kompat* attribut* atribut*
combination* checkout* upload* variant* syntax* parse* index* stock migration* migra* import imports importer
importez importieren importar importare importeren importacion importazione importacao importowac

file files columns column rows fields field button buttons setting settings template* theme themes cart carrier*
shipping price* vat tax taxes voucher* coupon* discount* database* folder* option options separator* memory limit
currenc* payment* checkbox* sorting translation* language picture* picture image images thumbnail* amount invoice*
conflict* correction* fix fixes fixed fixing patch* solution* code console query queries table tables encoding comma
release* reproduc* cause appear* disappear* disabl* enabl* tick ticked untick* add-on display* click crash* loop
hosting host overlap* workaround delivery total totals stale compiled duplicate* deprecated quotes loyalty
multistore block blocks empty deploy* rollback testez testen teste testare tab tabs

fichier* fonction fonctionne* fonctionnal* taille tailles regle regles arrondi* caractere* filtre* icone*
sauvegarde* miniature* lignes colonn* champ champs bouton* reglage* gabarit* modele* theme* panier* transporteur*
livraison prix tva reduction serveur* hebergeur* hebergement tableau bloc blocs separateur* onglet* memoire devise*
multidevise* multiboutique paiement* facture* traduction* langue correctif* corrig* virgule* point-virgule
guillemets image* vignette* montant* frais surcharge* reproduis* reproduir* apparai* dispara* affich* decoch* coch*
activer activez desactiv* videz vider supprimez erreur* journaux bandeau* declinaison* encodage* requetes conflit*
feuille navigateur* solution* sortie tri chevauch* libell* tache enregistrez relancez essayez telecharg* fidelite
navigation boucle

datei* funktion* bedingung* grosse grossen regel rundung* klasse sicherung* abstand passwort* suche zeilen spalte*
feld felder schaltflache* einstellung* vorlage* warenkorb* versand* versender preis* mwst ust steuer* gutschein*
rabatt* bestand lager* datenbank* ordner* trennzeichen* speicher* wahrung* zahlung* kasse ubersetzung* sprachpaket*
bild bilder vorschaubild* betrag rechnung* konflikt* korrektur* korrigier* fehler* losung* lost behoben beheben
patch ursache tabelle* kodierung* komma anfuhrungszeichen reproduzier* nachstell* erschein* verschwind* anzeig*
deaktivier* aktivier* ausschalten abschalten einschalten angehakt ankreuz* leeren sortier* uberschneid* aktion*
aktionen sitzung* child reiter block blocke enddatum einddatum variant* artikel* handbuch* protokoll* absturz*
abfrage* element* element doppelt veraltet fix gefixt hoster

fichero* funciona* funcion condicion* tamano* regla reglas redondeo* filtro* icono* contrasena* copia busqueda
archivo* lineas filas columna* campo campos boton* ajustes plantilla* tema carrito* transportista* envio envios
gastos precio* iva impuesto* cupon* descuento* existencias servidor* bloque* separador* pestana* memoria moneda*
pago pagos factura* traduccion* idioma carpeta* imagen imagenes miniatura* importe conflicto* correccion* corrij*
correg* arregl* solucion* codigo* coma comillas reproduc* aparec* desaparec* muestra* desactiv* activar active
casilla* opcion* registros alojamiento hosting tabla* error errores fallo fallos causa sesion* ordenacion
ordenamiento superpon* solap* navegador* aviso vacie vacia pruebe codificacion

riga righe funziona* funzion* condizion* dimension* regola regole arrotond* filtro filtri icona icone backup ricerca
colonn* campo campi pulsante* impostazion* modell* carrello* corriere* spedizion* spese prezz* aliquota buono buoni
sconto sconti giacenz* magazzin* blocco blocchi separatore* scheda schede valut* pagament* fattur* traduzion* lingua
cartell* immagin* anteprim* importo conflitt* correzion* correg* corregger* sistemat* soluzion* risolt* codice
virgol* virgolett* riprod* compar* scompar* spari* disattiv* attivi attivare attiva opzion* errore errori guasto
causa sessione* ordinament* sovrappon* svuoti svuota svuotare provi tabell* query codifica avviso promozion*
pacchetto*

bestand* functie* voorwaarde* grootte afronding* wachtwoord* zoekfunctie* pictogram* regels kolom* veld velden knop
knoppen instelling* sjabloon* sjablonen thema* winkelwagen* winkelmand* vervoerder* verzendkosten verzending prijs
prijz* prijzen btw korting* kortingsbon* voorraad* databas* map mappen blok blokken scheidingsteken decimaalteken
geheugen valuta betaling* betaal* factuur* vertaling* taalpakket* afbeelding* miniatuur* bedrag conflict* correctie*
oplossing* opgelost fout fouten foutje oorzaak tabblad* optie opties uitschakel* inschakel* reproduc* nagespeeld
verschijn* verdwij* weergave* aangevinkt vinkje leegmaken leeg sorter* overlap* actie acties sessie* handleiding*
tabel* codering* komma aanhalingstekens gecompileerd* verouderd einddatum hostingpartij geinstall*

plik* funkcj* warunek warunku warunki rozmiar* regul* zaokragl* filtr* ikon* haslo hasla kopi* wyszukiwa* kolumn*
pole pola przycisk* ustawieni* szablon* motyw* koszyk* przewoznik* dostaw* cena ceny cene cenie cennik* vat podat*
kupon* rabat* magazyn* serwer* opcj* zakladk* separator* pamiec* walut* platnos* faktur* tlumaczen* jezyk* obraz*
zdjec* miniatur* kwot* konflikt* poprawk* poprawion* napraw* rozwiaz* blad bledy bledu bledem przyczyna przyczyne
winny winna tabel* kodowani* przecin* srednik* cudzyslow* odtworz* pojawi* znika* znikn* wyswietl* wlaczyc wylaczyc
wylaczon* wlaczon* odznacz* zaznacz* oprozni* wyczysc* sortowan* naklada* promocj* sesj* instrukcj* indeks* katalog*
rozszerzen* wtyczk* bazie danych wiersz* skrypt* petl* kombinacj* przegladark* logow zadanie hosting* skompil*
nieaktualn* blok bloku

ficheiro* funciona* funcao funcoes condicao condicoes tamanho* regra regras arredond* filtro* icone* senha* pesquisa
caixa arquivo* linhas coluna* campo campos botao botoes definicoes configura* modelo* tema carrinho* transportador*
portes preco* iva imposto* cupao cupoes cupom desconto* stock estoque servidor* bloco blocos separador* memoria
moeda* pagament* fatura* traduc* idioma pasta pastas imagem imagens miniatura* montante valor conflito* correcao
correcoes corrig* corrij* soluc* codigo* virgula* aspas reproduz* aparec* desaparec* desliga* desativ* ativar ative
opcao opcoes registos alojamento tabela* erro erros falha falhas causa sess* ordenacao sobrepo* navegador* aviso
esvazie esvazia experimente codificacao arquiv* compilado
""".split()

STEMS = frozenset(entry.removesuffix("*") for entry in _ENTRIES if entry.endswith("*"))
"""What a word may begin with."""

WORDS = frozenset(entry for entry in _ENTRIES if not entry.endswith("*"))
"""Words as they are."""

ENDINGS = frozenset(
    "banner zeichen datei dateien feld felder zeile zeilen spalte spalten preis preise vorlage vorlagen fehler kosten"
    " teken bestand bestanden sjabloon thema melding module modul theme cache blok block erweiterung uitbreiding"
    " limiet limit lader datum".split()
)
"""What German and Dutch compounds may end with."""

-- What the pages say, by status or name: title and text in English and German.
return {
    malformed = {  -- in both: mostly the language could not be read either
        en = { "Not understood", "The server did not understand this request. Please load the page again, or delete this website's cookies."
            .. '</p>\n<h2 lang="de">Nicht verstanden</h2>\n<p lang="de">Der Server hat diese Anfrage nicht verstanden. '
            .. 'Bitte laden Sie die Seite neu oder löschen Sie die Cookies dieser Website.' },
        de = { "Nicht verstanden", "Der Server hat diese Anfrage nicht verstanden. Bitte laden Sie die Seite neu oder löschen Sie die Cookies dieser Website." },
    },
    [401] = {
        en = { "Please sign in", "This directory is protected. You need a user name and a password." },
        de = { "Bitte anmelden", "Dieses Verzeichnis ist geschützt. Sie brauchen einen Benutzernamen und ein Passwort." },
    },
    [403] = {
        en = { "Not allowed", "This address cannot be shown." },
        de = { "Kein Zugriff", "Diese Adresse kann nicht angezeigt werden." },
    },
    [404] = {
        en = { "Page not found", "There is nothing at this address. Perhaps the link is old or has a typing error." },
        de = { "Seite nicht gefunden", "Unter dieser Adresse gibt es nichts. Vielleicht ist der Link veraltet oder enthält einen Tippfehler." },
    },
    unknown = {
        en = { "No website here", "No website is set up under this name." },
        de = { "Keine Website", "Unter diesem Namen ist keine Website eingerichtet." },
    },
    [405] = {
        en = { "Method not allowed", "This address does not accept this kind of request." },
        de = { "Methode nicht erlaubt", "Diese Adresse nimmt diese Art von Anfrage nicht an." },
    },
    [413] = {
        en = { "Too large", "The file or form that was sent is larger than this server accepts." },
        de = { "Zu groß", "Die gesendete Datei oder das Formular ist größer, als dieser Server annimmt." },
    },
    [421] = {
        en = { "Wrong connection", "This connection was opened for another name. Please load the page again." },
        de = { "Falsche Verbindung", "Diese Verbindung wurde für einen anderen Namen geöffnet. Bitte laden Sie die Seite neu." },
    },
    [429] = {
        en = { "Too many requests", "Please wait a minute and try again." },
        de = { "Zu viele Anfragen", "Bitte warten Sie eine Minute und versuchen Sie es erneut." },
    },
    [500] = {
        en = { "Something went wrong", "The server could not answer. Please try again later." },
        de = { "Es ist ein Fehler aufgetreten", "Der Server konnte nicht antworten. Bitte versuchen Sie es später erneut." },
    },
    [502] = {
        en = { "The website does not answer", "Its program has stopped. Please try again in a moment." },
        de = { "Die Website antwortet nicht", "Ihr Programm wurde beendet. Bitte versuchen Sie es gleich noch einmal." },
    },
    [503] = {
        en = { "Busy at the moment", "Please try again in a moment." },
        de = { "Zurzeit ausgelastet", "Bitte versuchen Sie es gleich noch einmal." },
    },
    [504] = {
        en = { "The website takes too long", "Its program did not answer in time. Please try again in a moment." },
        de = { "Die Website braucht zu lange", "Ihr Programm hat nicht rechtzeitig geantwortet. Bitte versuchen Sie es gleich noch einmal." },
    },
    suspended = {
        en = { "Website suspended", "This website is switched off at the moment. If it is yours, please contact your provider." },
        de = { "Website gesperrt", "Diese Website ist zurzeit abgeschaltet. Wenn es Ihre ist, wenden Sie sich bitte an Ihren Anbieter." },
    },
}

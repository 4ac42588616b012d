// Runs before the first paint, so that nobody who chose the dark theme sees a white flash.
;(function () {
  var choice = 'system'
  try {
    choice = JSON.parse(localStorage.getItem('chatroom.theme') || '"system"')
  } catch {
    // Storage may be forbidden or hold something else; the system's own choice is the answer then.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()

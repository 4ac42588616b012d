// Runs before the first paint, so that the dark theme does not flash white.
;(function () {
  var choice = 'system'
  try {
    choice = JSON.parse(localStorage.getItem('chatroom.theme') || '"system"')
  } catch {
    // Storage is forbidden or holds something else: the system's setting applies.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()

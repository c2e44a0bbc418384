{%- set days = '(select month.as_of as day from ' ~ ref('int_counting_month') ~ ' as month)' -%}
{{ hukou_on(days, ref('int_hukou_report'), ref('int_counting_place'), ref('int_counting_home')) }}
